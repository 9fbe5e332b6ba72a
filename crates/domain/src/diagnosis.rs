//! What is wrong between card and center (G34), found from what was observed: a pure function. Observes nothing itself, and calls nothing
//! good that nobody looked at.

pub mod fault;

use crate::diagnosis::fault::Fault;
use crate::equipment::Part;
use crate::named::named;

named! {
    /// A step of the examination, in the order it is made and shown.
    ///
    /// ```
    /// use domain::diagnosis::Step;
    /// assert_eq!(Step::parse("certificate"), Some(Step::Certificate));
    /// ```
    Step {
        /// The card reader is connected.
        Reader = "reader";
        /// The smart-card service (PC/SC) runs.
        ReaderService = "reader_service";
        /// The patients' screen runs.
        Kiosk = "kiosk";
        /// The terminal runs, with good settings and a folder it can write.
        Terminal = "terminal";
        /// The clock is right.
        Clock = "clock";
        /// The electronic certificate is there and valid.
        Certificate = "certificate";
        /// The center's name leads to an address.
        NameResolution = "name_resolution";
        /// The way to that address is open.
        Route = "route";
        /// The center answers, and it is ours.
        CenterTls = "center_tls";
        /// The center lets us in.
        SignIn = "sign_in";
        /// The link app runs.
        LinkApp = "link_app";
        /// Its folders can be used.
        LinkFolders = "link_folders";
    }
}

impl Step {
    /// Name in Japanese.
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Reader => "カードリーダー",
            Self::ReaderService => "カードリーダーのサービス",
            Self::Kiosk => "患者さんの画面",
            Self::Terminal => "端末のソフトウェア",
            Self::Clock => "時計",
            Self::Certificate => "電子証明書",
            Self::NameResolution => "センターの名前の解決",
            Self::Route => "センターまでの経路",
            Self::CenterTls => "センターとの接続",
            Self::SignIn => "サインイン",
            Self::LinkApp => "連携アプリ",
            Self::LinkFolders => "レセコンとの連携フォルダー",
        }
    }

    /// Name in English.
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Reader => "card reader",
            Self::ReaderService => "card reader service",
            Self::Kiosk => "patients' screen",
            Self::Terminal => "terminal software",
            Self::Clock => "clock",
            Self::Certificate => "electronic certificate",
            Self::NameResolution => "name of the center",
            Self::Route => "way to the center",
            Self::CenterTls => "connection with the center",
            Self::SignIn => "sign-in",
            Self::LinkApp => "link app",
            Self::LinkFolders => "folders of the receipt computer",
        }
    }
}

named! {
    /// What a piece of evidence says. Values are names, addresses, times and counts: nothing of people.
    ///
    /// ```
    /// use domain::diagnosis::FactName;
    /// assert_eq!(FactName::Took.as_str(), "took");
    /// ```
    FactName {
        /// How long it took.
        Took = "took";
        /// An address.
        Address = "address";
        /// A host name.
        Host = "host";
        /// Name servers.
        NameServers = "name_servers";
        /// A network interface.
        Interface = "interface";
        /// The next router.
        Router = "router";
        /// Names of readers that were found.
        Readers = "readers";
        /// The reader of the settings.
        Wanted = "wanted";
        /// A file or folder.
        Path = "path";
        /// How far the clock is off.
        Off = "off";
        /// Last day of validity.
        ValidUntil = "valid_until";
        /// The code of a problem.
        Code = "code";
        /// A count.
        Count = "count";
        /// Requests under way or waiting for the center.
        Waiting = "waiting";
        /// What the system said.
        System = "system";
        /// Which version answers.
        Version = "version";
    }
}

impl FactName {
    /// Name in Japanese.
    #[must_use]
    pub fn label_ja(self) -> &'static str {
        match self {
            Self::Took => "かかった時間",
            Self::Address => "アドレス",
            Self::Host => "ホスト名",
            Self::NameServers => "ネームサーバー",
            Self::Interface => "ネットワーク接続",
            Self::Router => "次のルータ",
            Self::Readers => "見つかったリーダー",
            Self::Wanted => "設定のリーダー",
            Self::Path => "場所",
            Self::Off => "時計のずれ",
            Self::ValidUntil => "有効期限",
            Self::Code => "コード",
            Self::Count => "件数",
            Self::Waiting => "処理中・待ちの要求",
            Self::System => "システムの応答",
            Self::Version => "版",
        }
    }

    /// Name in English.
    #[must_use]
    pub fn label_en(self) -> &'static str {
        match self {
            Self::Took => "took",
            Self::Address => "address",
            Self::Host => "host",
            Self::NameServers => "name servers",
            Self::Interface => "network interface",
            Self::Router => "next router",
            Self::Readers => "readers found",
            Self::Wanted => "reader of the settings",
            Self::Path => "place",
            Self::Off => "clock is off by",
            Self::ValidUntil => "valid until",
            Self::Code => "code",
            Self::Count => "count",
            Self::Waiting => "requests under way or waiting",
            Self::System => "system said",
            Self::Version => "version",
        }
    }
}

/// A piece of evidence.
///
/// ```
/// use domain::diagnosis::{Fact, FactName};
/// let fact = Fact { name: FactName::Took, value: "12 ms".into() };
/// assert_eq!(fact.value, "12 ms");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// What it says.
    pub name: FactName,
    /// Its value.
    pub value: String,
}

/// Why a step was not looked at.
///
/// ```
/// use domain::diagnosis::{NotChecked, Step};
/// assert_ne!(NotChecked::NotSetUp, NotChecked::After(Step::Route));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotChecked {
    /// This facility or PC has none.
    NotSetUp,
    /// It needs an earlier step, which is broken.
    After(Step),
    /// This build reads no cards.
    NotBuilt,
    /// Nobody is signed in here.
    NobodySignedIn,
    /// This system does not tell.
    NotTold,
}

/// What was seen of a step.
///
/// ```
/// use domain::diagnosis::{NotChecked, Seen};
/// assert_ne!(Seen::Good, Seen::NotChecked(NotChecked::NotTold));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It works.
    Good,
    /// It works, and slowly.
    Slow,
    /// It does not.
    Broken(Fault),
    /// It was not looked at.
    NotChecked(NotChecked),
}

/// What was observed of a step, with evidence. A step may be observed several times: two readers, three folders.
///
/// ```
/// use domain::diagnosis::{Observation, Seen, Step};
/// let seen = Observation { step: Step::Clock, seen: Seen::Good, evidence: Vec::new() };
/// assert_eq!(seen.seen, Seen::Good);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Observation {
    /// The step.
    pub step: Step,
    /// What was seen.
    pub seen: Seen,
    /// By what one sees it.
    pub evidence: Vec<Fact>,
}

/// A fault found.
///
/// ```
/// use domain::diagnosis::{Found, fault::Fault};
/// let found = Found { fault: Fault::ClockWrong, because_of: None };
/// assert!(found.because_of.is_none());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// The fault.
    pub fault: Fault,
    /// Another fault that explains it.
    pub because_of: Option<Fault>,
}

/// How a part of the guide's chain stands.
///
/// ```
/// use domain::diagnosis::PartState;
/// assert_ne!(PartState::Good, PartState::NotKnown);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartState {
    /// There is evidence that it works.
    Good,
    /// It is where the fault lies.
    Broken,
    /// The fault may lie there as well.
    Suspect,
    /// Nothing is known.
    NotKnown,
}

/// The outcome of an examination.
///
/// ```
/// use domain::diagnosis::diagnose;
/// assert!(diagnose(&[]).first_broken().is_none());
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnosis {
    /// Every step, in order, with what was seen.
    pub steps: Vec<Observation>,
    /// All faults: those nothing explains first, by their place in the chain.
    pub found: Vec<Found>,
}

/// Finds what is wrong.
///
/// ```
/// use domain::diagnosis::fault::Fault;
/// use domain::diagnosis::{Observation, Seen, Step, diagnose};
/// let broken = |step, fault| Observation { step, seen: Seen::Broken(fault), evidence: Vec::new() };
/// let seen = vec![
///     broken(Step::Certificate, Fault::CertificateExpired),
///     broken(Step::Clock, Fault::ClockWrong),
/// ];
/// assert_eq!(diagnose(&seen).first_broken(), Some(Fault::ClockWrong));
/// ```
#[must_use]
pub fn diagnose(observations: &[Observation]) -> Diagnosis {
    let mut steps = Vec::new();
    for step in Step::ALL {
        let of_step = || observations.iter().filter(|it| it.step == *step).cloned();
        steps.extend(of_step());
        if of_step().next().is_none() {
            steps.push(Observation {
                step: *step,
                seen: Seen::NotChecked(NotChecked::NotSetUp),
                evidence: Vec::new(),
            });
        }
    }
    let mut faults: Vec<Fault> = Vec::new();
    for observation in &steps {
        if let Seen::Broken(fault) = observation.seen
            && !faults.contains(&fault)
        {
            faults.push(fault);
        }
    }
    let mut found: Vec<Found> = Vec::new();
    for fault in &faults {
        found.push(Found {
            fault: *fault,
            because_of: faults.iter().copied().find(|it| it.explains(*fault)),
        });
    }
    found.sort_by_key(|it| (it.because_of.is_some(), place(it.fault.part())));
    Diagnosis { steps, found }
}

/// A part's place in the chain; what stands beside it comes last.
fn place(part: Part) -> usize {
    let places = Part::CHAIN.iter().chain(&Part::BESIDE);
    places.take_while(|it| **it != part).count()
}

impl Diagnosis {
    /// The fault to mend first.
    #[must_use]
    pub fn first_broken(&self) -> Option<Fault> {
        self.found.first().map(|it| it.fault)
    }

    /// Whether something works, and slowly.
    #[must_use]
    pub fn is_slow(&self) -> bool {
        self.steps.iter().any(|it| it.seen == Seen::Slow)
    }

    /// How a part stands. Faults that another explains make no part broken.
    #[must_use]
    pub fn part(&self, part: Part) -> PartState {
        let causes = || self.found.iter().filter(|it| it.because_of.is_none());
        if causes().any(|it| it.fault.part() == part) {
            return PartState::Broken;
        }
        let is_good = proofs(part).iter().any(|step| self.is_good(*step));
        if !is_good && causes().any(|it| it.fault.suspects().contains(&part)) {
            return PartState::Suspect;
        }
        if is_good {
            PartState::Good
        } else {
            PartState::NotKnown
        }
    }

    /// Whether a step was looked at and everything seen of it works.
    fn is_good(&self, step: Step) -> bool {
        let mut seen = self.steps.iter().filter(|it| it.step == step).peekable();
        seen.peek().is_some() && seen.all(|it| matches!(it.seen, Seen::Good | Seen::Slow))
    }
}

/// Steps that prove a part when they work: whoever reached the center passed all that lies between.
fn proofs(part: Part) -> &'static [Step] {
    match part {
        Part::Reader => &[Step::Reader],
        Part::Pc | Part::Software => &[Step::Terminal],
        Part::Hub
        | Part::Router
        | Part::LineTerminator
        | Part::OpticalWiring
        | Part::Fibre
        | Part::ExchangeBuilding => &[Step::Route, Step::CenterTls],
        Part::Center => &[Step::CenterTls],
        Part::ReceiptComputer => &[],
        Part::Display | Part::DisplaySwitch | Part::Mobile => &[],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(step: Step, seen: Seen) -> Observation {
        Observation {
            step,
            seen,
            evidence: Vec::new(),
        }
    }

    fn all_good() -> Vec<Observation> {
        let steps = Step::ALL.iter();
        steps.map(|step| seen(*step, Seen::Good)).collect()
    }

    fn with(broken: &[Fault]) -> Diagnosis {
        let mut all = all_good();
        for fault in broken {
            all.retain(|it| it.step != fault.step());
            all.push(seen(fault.step(), Seen::Broken(*fault)));
        }
        diagnose(&all)
    }

    #[test]
    fn a_healthy_place_has_no_fault_and_every_part_of_its_chain_is_proved() {
        let healthy = diagnose(&all_good());
        assert_eq!(healthy.first_broken(), None);
        for part in Part::CHAIN {
            assert_eq!(healthy.part(part), PartState::Good, "{part:?}");
        }
        assert_eq!(healthy.part(Part::Display), PartState::NotKnown);
    }

    #[test]
    fn every_fault_alone_is_the_one_to_mend_and_lies_in_its_part() {
        for fault in Fault::ALL {
            let found = with(&[*fault]);
            assert_eq!(found.first_broken(), Some(*fault));
            assert_eq!(found.part(fault.part()), PartState::Broken, "{fault:?}");
        }
    }

    #[test]
    fn a_refused_machine_is_helped_by_what_its_refused_password_does_not_forbid() {
        // A rotation needs a session of the very password that is refused, and nobody changes it by hand.
        let (ja, en) = Fault::SignInRefused.texts().remedy;
        for command in ["onshi gateway seal-password", "onshi kiosk seal-password"] {
            assert!(ja.contains(command) && en.contains(command), "{command}");
        }
        assert!(ja.contains("アカウントを新しく登録") && en.contains("a new account"));
        assert!(!ja.contains("作り直し") && !en.contains("made anew"));
    }

    #[test]
    fn a_wrong_clock_explains_certificates_that_only_seem_expired() {
        let found = with(&[Fault::CertificateExpired, Fault::ClockWrong]);
        assert_eq!(found.first_broken(), Some(Fault::ClockWrong));
        assert_eq!(found.found[1].because_of, Some(Fault::ClockWrong));
    }

    #[test]
    fn a_pulled_cable_explains_a_silent_name_server() {
        let found = with(&[Fault::NameServerSilent, Fault::CableUnplugged]);
        assert_eq!(found.first_broken(), Some(Fault::CableUnplugged));
        assert_eq!(found.part(Part::Hub), PartState::Broken);
    }

    #[test]
    fn of_two_faults_the_one_nearer_the_card_comes_first() {
        let found = with(&[Fault::CenterSilent, Fault::ReaderUnplugged]);
        assert_eq!(found.first_broken(), Some(Fault::ReaderUnplugged));
        assert_eq!(found.found.len(), 2);
    }

    #[test]
    fn beyond_the_router_nothing_tells_the_parts_of_the_line_apart() {
        let mut seen_all = all_good();
        seen_all.retain(|it| !matches!(it.step, Step::Route | Step::CenterTls));
        seen_all.push(seen(Step::Route, Seen::Broken(Fault::CenterOutOfReach)));
        let found = diagnose(&seen_all);
        assert_eq!(found.part(Part::LineTerminator), PartState::Broken);
        assert_eq!(found.part(Part::Fibre), PartState::Suspect);
        assert_eq!(found.part(Part::Hub), PartState::NotKnown);
    }
}
