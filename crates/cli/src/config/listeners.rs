//! What settings say of listeners: two on one address, one that is taken, and a center that others are to reach without a name.

use std::io::ErrorKind;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use terminal::running;

use crate::config::Look;

impl Look<'_> {
    /// A center's listeners.
    pub(super) fn listeners(&mut self, config: &center::config::Config) {
        let listeners = [
            ("api", config.listen.api),
            ("enroll", config.listen.enroll),
            ("operator", config.listen.operator),
            ("metrics", config.listen.metrics),
        ];
        let search = config.link.search_listener.map(|it| ("listen", it.listen));
        let home = config.listen.home.map(|it| ("home", it));
        let all: Vec<_> = listeners.into_iter().chain(home).chain(search).collect();
        let lock = center::data_dir::lock(&config.data_dir);
        for (place, (key, at)) in all.iter().enumerate() {
            let twin = all
                .iter()
                .take(place)
                .find(|it| it.1 == *at && at.port() != 0);
            match twin {
                Some((other, _)) => self.find(
                    key,
                    0,
                    &format!("{other} と同じ {at} です。別のポートにしてください。"),
                    &format!("{other} has {at} as well; choose another port"),
                ),
                None => self.free(key, *at, &lock),
            }
        }
        if config.is_nameless() {
            self.remark(
                "host_names",
                "使えるホスト名がないため、ほかの機器からこのセンターに接続できず、発行通知書の宛先は localhost になります。センターのホスト名か IP アドレスを書いてください（例: host_names = [\"center.example\"]）。",
                "it names no host, so that other machines do not take the center's certificate, and notices name localhost; write the center's host name or IP address, such as host_names = [\"center.example\"]",
            );
        }
    }

    /// Whether a listener's address can be had. One that is in use while the part holds its lock is most likely its own.
    pub(super) fn free(&mut self, key: &'static str, at: SocketAddr, lock: &Path) {
        let Err(error) = TcpListener::bind(at) else {
            return;
        };
        if error.kind() == ErrorKind::AddrInUse && running::is_held(lock).unwrap_or(false) {
            return self.remark(
                key,
                &format!("{at} は使用中です。この部分が動いているためと思われます。アドレスを変えたときは、ほかのプログラムが使っていないか確かめてください。"),
                &format!("{at} is in use, most likely by this part itself, which is running; where you changed the address, look whether another program has it"),
            );
        }
        self.find(
            key,
            0,
            &format!("{at} で待ち受けできません。使われていないか確かめてください（この部分が動いているなら問題ありません）。"),
            &format!("cannot listen on {at}: {error}; look who does (this part itself, if it is running)"),
        );
    }
}
