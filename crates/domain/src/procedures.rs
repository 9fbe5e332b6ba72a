//! The facility's procedures in one table (手続き, G41): who does each, what to have ready, where it goes, and what state the system knows
//! by itself. Files nothing and keeps no note.

use crate::certificate_care::RENEWABLE_DAYS;
use crate::civil_date::CivilDate;
use crate::equipment::Part;
use crate::named::named;
use crate::support_directory::desk::Matter;

named! {
    /// A procedure.
    ///
    /// ```
    /// use domain::procedures::Procedure;
    /// assert_eq!(Procedure::parse("succession"), Some(Procedure::Succession));
    /// ```
    Procedure {
        /// 電子証明書発行申請.
        CertificateApplication = "certificate_application";
        /// 電子証明書の更新.
        CertificateRenewal = "certificate_renewal";
        /// 電子証明書の再発行.
        CertificateReissue = "certificate_reissue";
        /// 電子証明書の失効.
        CertificateRevocation = "certificate_revocation";
        /// オンライン請求の届出.
        ClaimsFiling = "claims_filing";
        /// 設定変更依頼.
        SettingsRequest = "settings_request";
        /// 機器の追加.
        MoreDevices = "more_devices";
        /// PC追加.
        AnotherPc = "another_pc";
        /// PC故障.
        BrokenPc = "broken_pc";
        /// 承継.
        Succession = "succession";
        /// サポート申込.
        SupportApplication = "support_application";
    }
}

named! {
    /// Who does it.
    ///
    /// ```
    /// use domain::procedures::Who;
    /// assert_eq!(Who::Administrator.as_str(), "administrator");
    /// ```
    Who {
        /// The person with the administrator account.
        Administrator = "administrator";
        /// The head of the facility.
        Head = "head";
        /// The head, with whoever set the workplace up.
        HeadWithInstaller = "head_with_installer";
    }
}

named! {
    /// What the facility notes of a procedure.
    ///
    /// ```
    /// use domain::procedures::Noted;
    /// assert_eq!(Noted::parse("filed"), Some(Noted::Filed));
    /// ```
    Noted {
        /// Nothing was done yet.
        NotStarted = "not_started";
        /// It is being prepared.
        Preparing = "preparing";
        /// It was handed in.
        Filed = "filed";
        /// It is done.
        Done = "done";
    }
}

/// A text in Japanese and in English.
pub type Both = (&'static str, &'static str);

/// What a procedure needs.
///
/// ```
/// use domain::procedures::Procedure;
/// assert!(Procedure::BrokenPc.needs().administrator_account);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Needs {
    /// Its name.
    pub title: Both,
    /// On which occasion.
    pub when: Both,
    /// Who does it.
    pub who: Who,
    /// What to have ready.
    pub prepare: &'static [Both],
    /// Where it is handed in or done.
    pub place: Both,
    /// What the desks that take it are asked about, as the support directory has it.
    pub matter: Matter,
    /// Whether the administrator account is needed (G06).
    pub administrator_account: bool,
}

/// What the system knows of a facility's procedures by itself.
///
/// ```
/// use domain::procedures::Facts;
/// assert_eq!(Facts::default().certificate_until, None);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Facts {
    /// The last day of the certificate this terminal uses; `None` when it has none.
    pub certificate_until: Option<CivilDate>,
}

/// The state of a procedure, as far as the system knows it.
///
/// ```
/// use domain::procedures::{Facts, Procedure, State};
/// use domain::civil_date::CivilDate;
/// let today = CivilDate::parse_iso("2026-11-26").unwrap();
/// let state = Procedure::CertificateApplication.state(&Facts::default(), today);
/// assert_eq!(state, State::Now);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Nobody but the facility knows whether it is needed.
    AsNeeded,
    /// It is not needed before this day.
    NotYet(CivilDate),
    /// It must be done by this day.
    Due(CivilDate),
    /// It was possible until this day alone; another procedure is done in its place.
    TooLate {
        /// The last day.
        since: CivilDate,
        /// What is done in its place.
        instead: Procedure,
    },
    /// It must be done now.
    Now,
    /// It is done.
    Done,
}

impl Procedure {
    /// Its row of the table. Where and with what are the guide's, as far as it says; the rest is ours.
    #[must_use]
    pub fn needs(self) -> Needs {
        const LIST: &[Both] = &[];
        let own = Needs {
            title: ("", ""),
            when: ("", ""),
            who: Who::Administrator,
            prepare: LIST,
            place: (
                "センター（医療機関等向け総合ポータルサイトの申請に当たる手続き）",
                "the center (what the official portal's applications are)",
            ),
            matter: Matter::Operation,
            administrator_account: false,
        };
        match self {
            Self::CertificateApplication => Needs {
                title: ("電子証明書の発行申請", "Application for a certificate"),
                when: (
                    "はじめて使うとき、端末を増やすとき",
                    "at the first use, and for each further terminal",
                ),
                who: Who::Head,
                prepare: &[
                    ("医療機関コード（10桁）", "the institution code, ten digits"),
                    ("端末の名称", "the name of the terminal"),
                    (
                        "申請する方の氏名と電話番号",
                        "name and telephone number of whoever applies",
                    ),
                ],
                place: (
                    "センターの「電子証明書発行申請」の画面",
                    "the center's page for applications",
                ),
                ..own
            },
            Self::CertificateRenewal => Needs {
                title: ("電子証明書の更新", "Renewal of the certificate"),
                when: (
                    "有効期限の90日前から期限まで",
                    "from 90 days before its end until its end",
                ),
                prepare: &[
                    (
                        "今の電子証明書が入った端末",
                        "the terminal with the present certificate",
                    ),
                    (
                        "新しいバックアップを入れるUSBメモリーなど",
                        "a USB stick, or the like, for the new backup",
                    ),
                ],
                place: ("この端末", "this terminal"),
                ..own
            },
            Self::CertificateReissue => Needs {
                title: ("電子証明書の再発行", "Re-issue of the certificate"),
                when: (
                    "期限切れや故障で使えず、バックアップもないとき",
                    "when it is over or lost and there is no backup",
                ),
                who: Who::Head,
                prepare: &[
                    ("医療機関コード（10桁）", "the institution code, ten digits"),
                    ("端末の名称", "the name of the terminal"),
                    (
                        "前の発行通知書（あれば）",
                        "the earlier issue notice, if at hand",
                    ),
                    (
                        "申請する方の氏名と電話番号",
                        "name and telephone number of whoever applies",
                    ),
                ],
                place: (
                    "センターの「電子証明書発行申請」の画面",
                    "the center's page for applications",
                ),
                ..own
            },
            Self::CertificateRevocation => Needs {
                title: ("電子証明書の失効", "Revocation of the certificate"),
                when: (
                    "USBメモリーやパソコンをなくした、盗まれた、捨てるとき",
                    "when a USB stick or PC was lost, stolen, or is thrown away",
                ),
                prepare: &[
                    ("医療機関コード（10桁）", "the institution code, ten digits"),
                    ("端末の名称", "the name of the terminal"),
                    ("なくした日時と状況", "when and how it was lost"),
                ],
                ..own
            },
            Self::ClaimsFiling => Needs {
                title: ("オンライン請求の届出", "Filing for claims by line"),
                when: (
                    "オンライン請求をはじめて使うとき、回線を変えるとき、別のパソコンから請求するとき",
                    "before the first claim by line, when the line changes, and before claims are sent from another PC",
                ),
                who: Who::Head,
                prepare: &[
                    ("届出の用紙", "the form"),
                    (
                        "回線の種類と契約番号",
                        "kind and contract number of the line",
                    ),
                ],
                place: (
                    "社会保険診療報酬支払基金と国民健康保険団体連合会",
                    "the two payers (支払基金, 国保連合会)",
                ),
                matter: Matter::Claims,
                ..own
            },
            Self::SettingsRequest => Needs {
                title: ("設定変更の依頼", "Request to change the set-up"),
                when: (
                    "導入後にルーターやネットワークの設定を変えたいとき",
                    "to change router or network after the set-up",
                ),
                prepare: &[
                    ("セットアップシート", "the set-up sheet"),
                    ("変えたい内容と希望日", "what to change, and when"),
                ],
                place: ("導入した業者の受付", "the desk of whoever set it up"),
                matter: Matter::SetUpChange,
                ..own
            },
            Self::MoreDevices => Needs {
                title: ("機器の追加", "More devices"),
                when: (
                    "カードリーダーやディスプレイなどを増やすとき",
                    "for a further reader, display or other device",
                ),
                prepare: &[
                    ("機器一覧", "the inventory"),
                    ("置く場所と電源・配線", "place, power and cables"),
                ],
                place: ("導入した業者の受付", "the desk of whoever set it up"),
                matter: Matter::SetUpChange,
                administrator_account: true,
                ..own
            },
            Self::AnotherPc => Needs {
                title: ("パソコンの追加", "Another PC"),
                when: ("端末をもう一台使うとき", "to use one more terminal"),
                who: Who::HeadWithInstaller,
                prepare: &[
                    (
                        "新しい電子証明書（パソコンごとに一つ）",
                        "a new certificate, one for each PC",
                    ),
                    ("セットアップシート", "the set-up sheet"),
                    (
                        "オンライン請求の届出（そのパソコンから請求するとき）",
                        "the filing for claims by line, if claims are sent from that PC",
                    ),
                ],
                place: ("導入した業者の受付", "the desk of whoever set it up"),
                matter: Matter::SetUpChange,
                administrator_account: true,
            },
            Self::BrokenPc => Needs {
                title: ("パソコンの故障・入れ替え", "A broken or replaced PC"),
                when: ("パソコンが直らないとき", "when the PC cannot be repaired"),
                who: Who::HeadWithInstaller,
                prepare: &[
                    ("パソコンのシリアル番号", "the PC's serial number"),
                    ("電子証明書のバックアップ", "the backup of the certificate"),
                    ("セットアップシート", "the set-up sheet"),
                    (
                        "オンライン請求の届出（別のパソコンから請求するとき）",
                        "the filing for claims by line, if claims are sent from another PC",
                    ),
                    (
                        "サポート契約の有無（契約があれば、再設定は月1回まで無料）",
                        "whether there is a support contract (with it, one re-set-up a month is free)",
                    ),
                ],
                place: (
                    "パソコンの故障受付（契約があれば専用ダイヤル）",
                    "the desk for the PC; with the contract, its own number",
                ),
                matter: Matter::Part(Part::Pc),
                administrator_account: true,
            },
            Self::Succession => Needs {
                title: ("施設の承継", "Succession of the facility"),
                when: (
                    "開設者が変わるとき、法人になるとき",
                    "when the owner changes, or becomes a corporation",
                ),
                who: Who::Head,
                prepare: &[
                    ("新旧の医療機関コード", "old and new institution code"),
                    (
                        "管理アカウントの復旧用の控え",
                        "the recovery record of the administrator account",
                    ),
                    (
                        "新しい電子証明書の申請",
                        "the application for a new certificate",
                    ),
                ],
                administrator_account: true,
                ..own
            },
            Self::SupportApplication => Needs {
                title: ("サポートの申込", "Application for support"),
                when: (
                    "故障のときにまとめて頼める契約を結ぶとき",
                    "to have one desk for all faults",
                ),
                who: Who::Head,
                prepare: &[("機器一覧", "the inventory")],
                place: ("サポートの総合受付", "the reception of the support"),
                matter: Matter::SetUpChange,
                ..own
            },
        }
    }

    /// Its state, as far as the system knows it on a day.
    #[must_use]
    pub fn state(self, facts: &Facts, today: CivilDate) -> State {
        let until = facts.certificate_until;
        match self {
            Self::CertificateApplication => until.map_or(State::Now, |_| State::Done),
            Self::CertificateRenewal => match until {
                None => State::AsNeeded,
                Some(until) if until < today => State::TooLate {
                    since: until,
                    instead: Self::CertificateReissue,
                },
                Some(until) => {
                    let from = until.plus_days(-RENEWABLE_DAYS);
                    if from <= today {
                        State::Due(until)
                    } else {
                        State::NotYet(from)
                    }
                }
            },
            Self::CertificateReissue => match until {
                Some(until) if until < today => State::Now,
                Some(_) | None => State::AsNeeded,
            },
            Self::CertificateRevocation
            | Self::ClaimsFiling
            | Self::SettingsRequest
            | Self::MoreDevices
            | Self::AnotherPc
            | Self::BrokenPc
            | Self::Succession
            | Self::SupportApplication => State::AsNeeded,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claims::entry::FilingKind;

    fn day(text: &str) -> CivilDate {
        CivilDate::parse_iso(text).unwrap()
    }

    #[test]
    fn a_certificate_is_renewed_in_its_last_ninety_days_and_re_issued_after_its_end() {
        let facts = Facts {
            certificate_until: Some(day("2027-03-01")),
        };
        let state = |procedure: Procedure, today: &str| procedure.state(&facts, day(today));
        let renewal = Procedure::CertificateRenewal;
        assert_eq!(
            state(renewal, "2026-11-30"),
            State::NotYet(day("2026-12-01"))
        );
        assert_eq!(state(renewal, "2026-12-01"), State::Due(day("2027-03-01")));
        assert_eq!(state(renewal, "2027-03-01"), State::Due(day("2027-03-01")));
        assert_eq!(
            state(renewal, "2027-03-02"),
            State::TooLate {
                since: day("2027-03-01"),
                instead: Procedure::CertificateReissue,
            }
        );
        let reissue = Procedure::CertificateReissue;
        assert_eq!(state(reissue, "2027-03-01"), State::AsNeeded);
        assert_eq!(state(reissue, "2027-03-02"), State::Now);
        let application = Procedure::CertificateApplication;
        assert_eq!(state(application, "2026-11-30"), State::Done);
    }

    #[test]
    fn every_procedure_says_in_both_languages_who_what_when_and_where() {
        for procedure in Procedure::ALL {
            let needs = procedure.needs();
            let mut texts = vec![needs.title, needs.when, needs.place];
            texts.extend(needs.prepare);
            for (ja, en) in texts {
                assert!(!ja.is_empty() && !en.is_empty(), "{procedure:?}");
            }
            assert!(!needs.prepare.is_empty(), "{procedure:?}");
        }
    }

    #[test]
    fn the_filing_for_claims_is_named_on_every_occasion_it_is_made_on() {
        let (ja, en) = Procedure::ClaimsFiling.needs().when;
        for kind in FilingKind::ALL {
            let occasion = match kind {
                FilingKind::FirstUse => ("はじめて", "first claim"),
                FilingKind::LineChange => ("回線を変える", "line changes"),
                FilingKind::AnotherPc => ("別のパソコン", "another PC"),
            };
            assert!(
                ja.contains(occasion.0) && en.contains(occasion.1),
                "{kind:?}"
            );
        }
        for procedure in [Procedure::AnotherPc, Procedure::BrokenPc] {
            let mut prepare = procedure.needs().prepare.iter();
            let named = prepare.any(|(ja, _)| ja.contains("オンライン請求の届出"));
            assert!(named, "{procedure:?}");
        }
    }

    #[test]
    fn what_the_guide_says_needs_the_administrator_account_says_so() {
        use Procedure::{AnotherPc, BrokenPc, Succession};
        for procedure in [AnotherPc, BrokenPc, Succession] {
            assert!(procedure.needs().administrator_account, "{procedure:?}");
        }
    }
}
