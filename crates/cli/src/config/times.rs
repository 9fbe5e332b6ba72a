//! What a center's settings say of times that do not go together.

use crate::config::Look;

/// `TimeoutStopSec` of packaging/systemd/onshi-center.service: what is in progress longer is cut by a kill.
const STOP_MS: u32 = 30_000;

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
        if STOP_MS <= config.capacity.drain_ms.get() {
            self.remark(
                "drain_ms",
                "サービス（onshi-center.service）の TimeoutStopSec（30秒）以上です。終了の途中で強制終了されないよう、30000 より短くするか、systemctl edit onshi-center で TimeoutStopSec を長くしてください。",
                "not shorter than TimeoutStopSec of onshi-center.service, 30 seconds: the center is killed while it ends; make it less than 30000, or TimeoutStopSec longer with systemctl edit onshi-center",
            );
        }
    }
}
