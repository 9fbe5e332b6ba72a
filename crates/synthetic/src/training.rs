//! The patients of practice (練習): each for a scene that staff meet when a mode is open. They are nobody, live nowhere, and are not among the
//! people of the samples or of a population.

use domain::civil_date::CivilDate;
use domain::codes::coverage::{CardClassification, LossReason};
use domain::codes::person::{Relationship, Sex};
use domain::coverage::{Coverage, InsurerName, Loss, Registration};
use domain::emergency::Mode;
use domain::emergency::training::{CardAtHand, MadeUpPatient, Scene};
use domain::insured::{Branch, InsuredNumber, Symbol};
use domain::insurer_number::InsurerNumber;
use domain::person::{Address, Kana, Person, PersonId, PersonName};

use crate::history;

/// Identifiers begin here: no person of a center has such a one.
const FIRST_ID: u128 = u128::from_be_bytes(*b"onshi-training\0\0");

/// A number of no insurer.
const INSURER: &str = "06139992";

/// What a patient is made of.
struct Made {
    name: &'static str,
    kana: &'static str,
    sex: Sex,
    birth: &'static str,
    address: &'static str,
    /// Number and branch.
    insured: (&'static str, &'static str),
    card: CardAtHand,
    scene: Scene,
}

const HOME: &str = "東京都架空区練習町一丁目２番３号";

/// In the order in which they are practised.
const PATIENTS: [Made; 12] = [
    Made {
        name: "練習　花子",
        kana: "ﾚﾝｼｭｳ ﾊﾅｺ",
        sex: Sex::Female,
        birth: "1958-03-03",
        address: HOME,
        insured: ("9000001", "01"),
        card: CardAtHand::No,
        scene: Scene {
            mode: Mode::Disaster,
            ja: "避難所から来ました。カードも資格確認書もありません。氏名・生年月日・性別を言えて、閲覧に口頭で同意します。",
            en: "Comes from a shelter without card or certificate; can say name, birth date and sex, and agrees by word of mouth.",
        },
    },
    Made {
        name: "髙﨑　邉太",
        kana: "ﾀｶｻｷ ﾍﾝﾀ",
        sex: Sex::Male,
        birth: "1949-11-05",
        address: "東京都架空区練習町二丁目１番",
        insured: ("9000002", "01"),
        card: CardAtHand::No,
        scene: Scene {
            mode: Mode::Disaster,
            ja: "名前の漢字の字体が分かりません。「高崎辺太」、または、ひらがなの「たかさきへんた」で検索してください。",
            en: "Nobody knows which variant of the characters: search for 高崎辺太, or in hiragana for たかさきへんた.",
        },
    },
    Made {
        name: "練習　太郎",
        kana: "ﾚﾝｼｭｳ ﾀﾛｳ",
        sex: Sex::Male,
        birth: "1971-06-12",
        address: "東京都架空区練習町三丁目４番５号",
        insured: ("9000003", "01"),
        card: CardAtHand::No,
        scene: Scene {
            mode: Mode::Disaster,
            ja: "同じ氏名・生年月日の方がもう一人います。住所を加えないと、一人に決まりません。",
            en: "Somebody else has the same name and birth date: only the address tells who it is.",
        },
    },
    Made {
        name: "練習　太郎",
        kana: "ﾚﾝｼｭｳ ﾀﾛｳ",
        sex: Sex::Male,
        birth: "1971-06-12",
        address: "大阪府架空市手習町９番９号",
        insured: ("9000004", "01"),
        card: CardAtHand::No,
        scene: Scene {
            mode: Mode::Disaster,
            ja: "上の方と同じ氏名・生年月日です。旅行先で被災しました。",
            en: "The same name and birth date as the one above; met the disaster on a journey.",
        },
    },
    Made {
        name: "双子　葵",
        kana: "ﾌﾀｺﾞ ｱｵｲ",
        sex: Sex::Female,
        birth: "2016-05-20",
        address: HOME,
        insured: ("9000005", "02"),
        card: CardAtHand::No,
        scene: Scene {
            mode: Mode::Disaster,
            ja: "双子の姉です。妹と読みも住所も同じで、カナで検索すると漢字の氏名を求められます。付き添いの親が同意します。",
            en: "The elder of twins with one reading and one address: a search by kana asks for the characters. A parent agrees.",
        },
    },
    Made {
        name: "双子　碧",
        kana: "ﾌﾀｺﾞ ｱｵｲ",
        sex: Sex::Female,
        birth: "2016-05-20",
        address: HOME,
        insured: ("9000005", "03"),
        card: CardAtHand::No,
        scene: Scene {
            mode: Mode::Disaster,
            ja: "双子の妹です。資格確認書の内容で検索すると、枝番を求められます。",
            en: "The younger twin: a search by insurance data asks for the branch number.",
        },
    },
    Made {
        name: "練習　静",
        kana: "ﾚﾝｼｭｳ ｼｽﾞｶ",
        sex: Sex::Female,
        birth: "1937-09-15",
        address: "東京都架空区練習町五丁目６番",
        insured: ("9000006", "01"),
        card: CardAtHand::No,
        scene: Scene {
            mode: Mode::Disaster,
            ja: "意識がありません。資格確認書を持っていました。「同意取得困難」として記録します。",
            en: "Unconscious, with a certificate of insurance in the bag: record that consent cannot be obtained.",
        },
    },
    Made {
        name: "練習　拒子",
        kana: "ﾚﾝｼｭｳ ｺﾊﾞﾐｺ",
        sex: Sex::Female,
        birth: "1980-01-30",
        address: "東京都架空区練習町六丁目",
        insured: ("9000007", "01"),
        card: CardAtHand::No,
        scene: Scene {
            mode: Mode::Disaster,
            ja: "「医療情報は見ないでください」と言っています。検索で見つかっても開かず、「閲覧せず、資格だけを確認する」を押してください。",
            en: "Says no: once she is found, open nothing and check eligibility alone.",
        },
    },
    Made {
        name: "練習　三郎",
        kana: "ﾚﾝｼｭｳ ｻﾌﾞﾛｳ",
        sex: Sex::Male,
        birth: "1965-07-07",
        address: "東京都架空区練習町七丁目８番",
        insured: ("9000008", "01"),
        card: CardAtHand::No,
        scene: Scene {
            mode: Mode::Outage,
            ja: "システム障害の日に来院しました。資格確認書の内容で資格を照会します。",
            en: "Comes on the day of an outage: ask for the eligibility by the insurance data.",
        },
    },
    Made {
        name: "練習　四郎",
        kana: "ﾚﾝｼｭｳ ｼﾛｳ",
        sex: Sex::Male,
        birth: "1990-04-04",
        address: "東京都架空区練習町八丁目９番",
        insured: ("9000009", "01"),
        card: CardAtHand::No,
        scene: Scene {
            mode: Mode::Outage,
            ja: "先月退職し、まだ資格確認書を返していません。照会すると、資格喪失と分かります。",
            en: "Left the employer last month and still holds the certificate: the answer is that the coverage was lost.",
        },
    },
    Made {
        name: "練習　五月",
        kana: "ﾚﾝｼｭｳ ｻﾂｷ",
        sex: Sex::Female,
        birth: "1952-05-05",
        address: "東京都架空区練習町九丁目",
        insured: ("9000010", "01"),
        card: CardAtHand::Yes,
        scene: Scene {
            mode: Mode::Ambulance,
            ja: "救急車で運ばれ、意識がありません。所持していたカードは、目視で確認してあります。",
            en: "Brought by ambulance, unconscious. The card that was found was checked by eye.",
        },
    },
    Made {
        name: "葛\u{E0100}城　𠮷三",
        kana: "ｶﾂﾗｷﾞ ｷﾁｿﾞｳ",
        sex: Sex::Male,
        birth: "1944-12-24",
        address: "東京都架空区練習町十丁目",
        insured: ("9000011", "01"),
        card: CardAtHand::Yes,
        scene: Scene {
            mode: Mode::Ambulance,
            ja: "救急車で運ばれました。話せませんが、付き添いの家族が口頭で同意します。",
            en: "Brought by ambulance and cannot speak; a relative agrees by word of mouth.",
        },
    },
];

/// The patients as they are on a day.
///
/// Returns an empty list if one of the built-in texts did not parse, which a test rules out.
#[must_use]
pub fn patients(today: CivilDate) -> Vec<MadeUpPatient> {
    let all = (0_u8..)
        .zip(&PATIENTS)
        .map(|(at, it)| patient(at, it, today));
    all.collect::<Option<_>>().unwrap_or_default()
}

fn patient(at: u8, it: &Made, today: CivilDate) -> Option<MadeUpPatient> {
    let information = match it.scene.mode {
        // An outage opens nothing of it.
        Mode::Outage => Default::default(),
        Mode::Disaster | Mode::Ambulance => history::rich(today)?,
    };
    Some(MadeUpPatient {
        registration: Registration {
            person: person(at, it)?,
            coverages: vec![coverage(it, today)?],
        },
        information,
        scene: it.scene,
        card: it.card,
    })
}

fn person(at: u8, it: &Made) -> Option<Person> {
    Some(Person {
        id: PersonId::from_u128(FIRST_ID + u128::from(at)),
        name: PersonName::parse(it.name).ok()?,
        name_of_other: None,
        kana: Some(Kana::parse(it.kana).ok()?),
        kana_of_other: None,
        sex: it.sex,
        shown_sex: None,
        birth_date: CivilDate::parse_iso(it.birth).ok()?,
        address: Some(Address::parse(it.address).ok()?),
        postal_code: None,
    })
}

fn coverage(it: &Made, today: CivilDate) -> Option<Coverage> {
    let (number, branch) = it.insured;
    let mut coverage = Coverage::new(
        CardClassification::General,
        InsurerNumber::parse(INSURER).ok()?,
        InsurerName::parse("練習健康保険組合").ok()?,
        InsuredNumber::parse(number).ok()?,
    );
    coverage.symbol = Some(Symbol::parse("練習").ok()?);
    coverage.branch = Some(Branch::parse(branch).ok()?);
    coverage.relationship = Some(match branch {
        "01" => Relationship::Insured,
        _ => Relationship::Family,
    });
    let start = CivilDate::parse_iso("2020-04-01").ok()?;
    coverage.acquired = Some(start);
    coverage.period.start = Some(start);
    if it.name == LEFT {
        coverage.loss = Some(Loss {
            date: today.plus_days(-20),
            reason: Some(LossReason::Other),
        });
    }
    Some(coverage)
}

/// Who lost the coverage.
const LEFT: &str = "練習　四郎";

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::coverage::validity::covers;

    use super::*;

    #[test]
    fn there_are_scenes_of_every_mode_on_any_day_and_nobody_is_known_elsewhere() {
        let mut day = CivilDate::new(2026, 1, 1).unwrap();
        let others: BTreeSet<_> = crate::samples::people()
            .into_iter()
            .map(|it| it.person.id)
            .collect();
        for _ in 0..50 {
            let patients = patients(day);
            assert_eq!(patients.len(), PATIENTS.len());
            for mode in Mode::ALL {
                assert!(patients.iter().any(|it| it.scene.mode == *mode));
            }
            let ids: BTreeSet<_> = patients
                .iter()
                .map(|it| it.registration.person.id)
                .collect();
            assert_eq!(ids.len(), patients.len());
            assert!(ids.is_disjoint(&others));
            let cards = patients.iter().filter(|it| it.card == CardAtHand::Yes);
            assert!(cards.clone().all(|it| it.scene.mode == Mode::Ambulance));
            assert!(0 < cards.count());
            day = day.plus_days(29);
        }
    }

    #[test]
    fn a_coverage_holds_on_any_day_but_for_the_one_who_left() {
        let day = CivilDate::new(2029, 12, 31).unwrap();
        for it in patients(day) {
            let coverage = it.registration.coverages.first().unwrap();
            let left = it.registration.person.name.as_str() == LEFT;
            assert_eq!(covers(coverage, day), !left);
        }
    }
}
