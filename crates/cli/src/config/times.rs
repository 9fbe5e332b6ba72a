//! What a center's settings say of times that do not go together.

use std::time::Duration;

use center::serve::AFTER_DRAIN;

use crate::PART_ENDS_WITHIN;
use crate::config::Look;

/// `TimeoutStopSec` of packaging/systemd/onshi-center.service: what is in progress longer is cut by a kill.
const STOP: Duration = Duration::from_secs(60);

/// How long the end may take beside `drain_ms`.
const BESIDE: Duration = AFTER_DRAIN.saturating_add(PART_ENDS_WITHIN);

impl Look<'_> {
    /// Times that another one cuts short.
    pub(super) fn times(&mut self, config: &center::config::Config) {
        let lockout = config.lockout;
        if lockout.longest_lock_min < lockout.first_lock_min {
            self.find(
                "first_lock_min",
                0,
                "longest_lock_min より長くなっています。最初のロックは、最も長いロック以下にしてください。",
                "longer than longest_lock_min; the first lock may not last longer than the longest one",
            );
        }
        let drain = Duration::from_millis(config.capacity.drain_ms.get().into());
        if STOP <= drain.saturating_add(BESIDE) {
            let (stop, beside) = (STOP.as_secs(), BESIDE.as_secs());
            let less = STOP.saturating_sub(BESIDE).as_millis();
            self.remark(
                "drain_ms",
                &format!(
                    "終了には drain_ms のほかに最長で {beside} 秒かかるため、サービス（onshi-center.service）の TimeoutStopSec（{stop}秒）に収まりません。終了の途中で強制終了されないよう、{less} より短くするか、systemctl edit onshi-center で TimeoutStopSec を長くしてください。"
                ),
                &format!(
                    "the end may take {beside} seconds beside it, which does not fit into TimeoutStopSec of onshi-center.service, {stop} seconds: the center is killed while it ends; make it less than {less}, or TimeoutStopSec longer with systemctl edit onshi-center"
                ),
            );
        }
    }
}
