//! What a center's settings say of bulk requests.

use center::config::link::MOST_LINES;

use crate::config::Look;

impl Look<'_> {
    /// More lines than count.
    pub(super) fn bulk(&mut self, config: &center::config::Config) {
        if config.link.has_too_many_lines() {
            self.remark(
                "most_lines",
                &format!(
                    "連携アプリと端末が受け取れる結果の大きさを超えるため、{MOST_LINES} 件として扱います。{MOST_LINES} 以下にしてください。それより多い照会は、医療機関で分けて送ります。"
                ),
                &format!(
                    "taken as {MOST_LINES}, since link apps and terminals cannot take larger results; make it {MOST_LINES} or less; facilities divide what is more into several requests"
                ),
            );
        }
    }
}
