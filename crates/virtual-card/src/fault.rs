//! How a card misbehaves on command: when, and what happens then. Changes no card by itself.

use std::time::Duration;

use crate::apdu::Command;
use crate::status::Status;

/// INS of COMPUTE DIGITAL SIGNATURE.
const SIGN: u8 = 0x2a;

/// A planned fault; it happens once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fault {
    /// When.
    pub at: Moment,
    /// What.
    pub what: Misbehaviour,
}

/// When a fault happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// At the next command to sign.
    Signing,
    /// At the n-th command from now; 1 is the next.
    Command(u32),
}

/// What happens in place of an answer, or before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misbehaviour {
    /// The card is taken away and answers nothing.
    Remove,
    /// The card is not asked; this is answered.
    Answer(Status),
    /// The answer comes so much later, or when the fault is cleared.
    Mute(Option<Duration>),
}

/// Faults to come.
#[derive(Debug, Default)]
pub(crate) struct Plan(Vec<Fault>);

impl Plan {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.0.clear();
    }

    /// Counts a command, and takes out the fault that happens at it.
    pub(crate) fn due(&mut self, apdu: &[u8]) -> Option<Misbehaviour> {
        let signs = Command::parse(apdu).is_ok_and(|command| command.instruction == SIGN);
        for fault in &mut self.0 {
            if let Moment::Command(left) = &mut fault.at {
                *left = left.saturating_sub(1);
            }
        }
        let happens = |fault: &Fault| match fault.at {
            Moment::Signing => signs,
            Moment::Command(left) => left == 0,
        };
        let at = self.0.iter().position(happens)?;
        Some(self.0.remove(at).what)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_happens_once_and_at_its_moment() {
        let mut plan = Plan::default();
        plan.add(Fault {
            at: Moment::Command(2),
            what: Misbehaviour::Remove,
        });
        plan.add(Fault {
            at: Moment::Signing,
            what: Misbehaviour::Answer(Status(0x6f00)),
        });
        assert_eq!(plan.due(&[0x00, 0xa4, 0x04, 0x0c]), None);
        assert_eq!(
            plan.due(&[0x00, 0xa4, 0x04, 0x0c]),
            Some(Misbehaviour::Remove)
        );
        let sign = [0x80, 0x2a, 0x00, 0x80];
        assert_eq!(plan.due(&sign), Some(Misbehaviour::Answer(Status(0x6f00))));
        assert_eq!(plan.due(&sign), None);
    }
}
