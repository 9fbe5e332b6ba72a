//! Starting and stopping a workplace in the right order (G18): which machine goes on and off before which, and who does it. Switches
//! nothing; the order of a reader's maker is an argument.

use crate::named::named;

named! {
    /// A machine of the workplace.
    ///
    /// ```
    /// use domain::start_stop::Machine;
    /// assert_eq!(Machine::parse("reader"), Some(Machine::Reader));
    /// ```
    Machine {
        /// The PC.
        Pc = "pc";
        /// Its monitor.
        Monitor = "monitor";
        /// The patients' reader.
        Reader = "reader";
    }
}

named! {
    /// A step of starting.
    ///
    /// ```
    /// use domain::start_stop::StartStep;
    /// assert_eq!(StartStep::ALL.first(), Some(&StartStep::PcAndMonitor));
    /// ```
    StartStep {
        /// PC and monitor are switched on.
        PcAndMonitor = "pc_and_monitor";
        /// The terminal user signs in at the PC; with auto sign-in nothing is done.
        SignIn = "sign_in";
        /// The reader is switched on, or comes on with the PC.
        Reader = "reader";
        /// The reader's screen is looked at.
        ConfirmReaderScreen = "confirm_reader_screen";
    }
}

/// How a machine is switched.
///
/// ```
/// use domain::start_stop::Switching;
/// assert_ne!(Switching::FollowsPc, Switching::ByHand);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Switching {
    /// It follows the PC.
    FollowsPc,
    /// By hand.
    ByHand,
}

/// Something is not its turn yet.
///
/// ```
/// use domain::start_stop::{Machine, StopPlan, Switching};
/// let atlas = StopPlan::new([Machine::Reader, Machine::Pc, Machine::Monitor], Switching::ByHand).unwrap();
/// assert_eq!(atlas.may_stop(Machine::Pc, &[]).unwrap_err().first, Machine::Reader);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not yet: the {} is stopped first", .first.as_str())]
pub struct WrongOrder {
    /// What comes first.
    pub first: Machine,
}

/// The order in which a workplace is stopped.
///
/// ```
/// use domain::start_stop::{Machine, StopPlan, Switching};
/// let plan = StopPlan::new([Machine::Pc, Machine::Monitor, Machine::Reader], Switching::ByHand).unwrap();
/// assert!(plan.may_stop(Machine::Pc, &[]).is_ok());
/// assert_eq!(plan.how(Machine::Reader), Switching::ByHand);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StopPlan {
    order: [Machine; 3],
    reader: Switching,
}

impl StopPlan {
    /// A plan; `None` where a machine stands twice.
    #[must_use]
    pub fn new(order: [Machine; 3], reader: Switching) -> Option<Self> {
        let each = Machine::ALL.iter().all(|it| order.contains(it));
        each.then_some(Self { order, reader })
    }

    /// The order.
    #[must_use]
    pub fn order(&self) -> [Machine; 3] {
        self.order
    }

    /// How a machine of it is switched off. The monitor follows the PC after a while; the PC is shut down by hand.
    #[must_use]
    pub fn how(&self, machine: Machine) -> Switching {
        match machine {
            Machine::Pc => Switching::ByHand,
            Machine::Monitor => Switching::FollowsPc,
            Machine::Reader => self.reader,
        }
    }

    /// What must be stopped before the PC.
    pub fn before_pc(&self) -> impl Iterator<Item = Machine> {
        let earlier = self.order.into_iter();
        earlier.take_while(|it| *it != Machine::Pc)
    }

    /// Whether a machine may be stopped when these are stopped already.
    ///
    /// # Errors
    /// [`WrongOrder`] with what comes first.
    pub fn may_stop(&self, machine: Machine, stopped: &[Machine]) -> Result<(), WrongOrder> {
        let earlier = self.order.into_iter().take_while(|it| *it != machine);
        match earlier.into_iter().find(|it| !stopped.contains(it)) {
            Some(first) => Err(WrongOrder { first }),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Machine::{Monitor, Pc, Reader};

    #[test]
    fn the_wrong_order_is_refused_with_what_comes_first() {
        let plan = StopPlan::new([Reader, Pc, Monitor], Switching::ByHand).unwrap();
        assert_eq!(plan.may_stop(Pc, &[]), Err(WrongOrder { first: Reader }));
        assert_eq!(
            plan.may_stop(Monitor, &[Reader]),
            Err(WrongOrder { first: Pc })
        );
        assert_eq!(plan.may_stop(Pc, &[Reader]), Ok(()));
        assert_eq!(plan.before_pc().collect::<Vec<_>>(), [Reader]);
    }

    #[test]
    fn each_machine_stands_once_and_the_monitor_always_follows() {
        let plan = StopPlan::new([Pc, Monitor, Reader], Switching::ByHand).unwrap();
        assert_eq!(
            [Pc, Monitor, Reader].map(|it| plan.how(it)),
            [Switching::ByHand, Switching::FollowsPc, Switching::ByHand]
        );
        assert!(StopPlan::new([Pc, Pc, Reader], Switching::ByHand).is_none());
    }
}
