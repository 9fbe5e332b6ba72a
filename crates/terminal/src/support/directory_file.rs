//! The form of `support_directory.toml`. Every value is read where it stands, so that a wrong one is named with its line.

use domain::support_directory::desk::{
    Contract, Desk, DeskId, Matter, Phone, PhoneNumber, Reception, Repairs, Scope, SupportDirectory,
};
use domain::support_directory::hours::{
    Closing, Days, Hours, MonthDay, TimeOfDay, Window, YearEnd,
};
use serde::{Deserialize, Deserializer};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DirectoryFile {
    as_of: String,
    #[serde(default)]
    notes: Vec<String>,
    desks: Vec<DeskRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct DeskRow {
    #[serde(deserialize_with = "id")]
    id: DeskId,
    name: String,
    #[serde(default)]
    group: Option<String>,
    #[serde(rename = "for")]
    scope: Vec<ScopeRow>,
    #[serde(default)]
    not_for: Vec<MatterRow>,
    contract: Vec<ContractRow>,
    #[serde(default)]
    phones: Vec<PhoneRow>,
    #[serde(default)]
    email: Option<String>,
    #[serde(default, deserialize_with = "address")]
    url: Option<String>,
    reception: ReceptionRow,
    #[serde(default)]
    closed: Vec<ClosingRow>,
    #[serde(default)]
    year_end: Stated,
    #[serde(default)]
    repair: Vec<WindowRow>,
    #[serde(default)]
    repair_days: Option<Stated>,
    #[serde(default)]
    have_ready: Vec<String>,
    #[serde(default)]
    cost: Option<String>,
    #[serde(default)]
    notes: Vec<String>,
    #[serde(default)]
    filled_in: bool,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "for: 機器や用件の名前、または {matter, models, makers} を書いてください / a part or matter, or {matter, models, makers}"
)]
enum ScopeRow {
    Matter(MatterRow),
    Of(ScopeOf),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ScopeOf {
    matter: MatterRow,
    #[serde(default)]
    models: Vec<String>,
    #[serde(default)]
    makers: Vec<String>,
}

struct MatterRow(Matter);

struct ContractRow(Contract);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PhoneRow {
    #[serde(default, deserialize_with = "number")]
    number: Option<PhoneNumber>,
    #[serde(default)]
    when: Option<String>,
    #[serde(default)]
    note: Option<String>,
}

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "reception: {days, from, to} の一覧、\"web_form_only\"、\"not_known\" のどれかを書いてください / a list of {days, from, to}, \"web_form_only\" or \"not_known\""
)]
enum ReceptionRow {
    Word(ReceptionWord),
    At(Vec<WindowRow>),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum ReceptionWord {
    WebFormOnly,
    NotKnown,
}

struct WindowRow(Window);

#[derive(Deserialize)]
#[serde(
    untagged,
    expecting = "closed: \"sat\"、\"sun\"、\"holiday\"、{from, to}、{company} のどれかを書いてください / \"sat\", \"sun\", \"holiday\", {from, to} or {company}"
)]
enum ClosingRow {
    Word(ClosingWord),
    Yearly(YearlyRow),
    Company(CompanyRow),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "snake_case")]
enum ClosingWord {
    Sat,
    Sun,
    Holiday,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct YearlyRow {
    #[serde(deserialize_with = "month_day")]
    from: MonthDay,
    #[serde(deserialize_with = "month_day")]
    to: MonthDay,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CompanyRow {
    company: String,
}

#[derive(Deserialize, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Stated {
    Stated,
    #[default]
    NotStated,
}

fn wrong<E: serde::de::Error>(value: &str, ja: &str, en: &str) -> E {
    E::custom(format!("\"{value}\": {ja} / {en}"))
}

fn id<'de, D: Deserializer<'de>>(it: D) -> Result<DeskId, D::Error> {
    let text = String::deserialize(it)?;
    let ja = "id は半角英小文字・数字・ハイフンの1〜40文字です";
    DeskId::parse(&text)
        .ok_or_else(|| wrong(&text, ja, "1 to 40 lower-case letters, digits, hyphens"))
}

fn number<'de, D: Deserializer<'de>>(it: D) -> Result<Option<PhoneNumber>, D::Error> {
    let text = String::deserialize(it)?;
    let ja = "電話番号は数字とハイフンで書いてください";
    let number = PhoneNumber::parse(&text);
    number
        .map(Some)
        .ok_or_else(|| wrong(&text, ja, "a telephone number is digits and hyphens"))
}

fn address<'de, D: Deserializer<'de>>(it: D) -> Result<Option<String>, D::Error> {
    let text = String::deserialize(it)?;
    if !text.starts_with("https://") || text.contains(char::is_whitespace) {
        let ja = "url は https:// で始まるアドレスです";
        return Err(wrong(&text, ja, "an address that begins with https://"));
    }
    Ok(Some(text))
}

fn month_day<'de, D: Deserializer<'de>>(it: D) -> Result<MonthDay, D::Error> {
    let text = String::deserialize(it)?;
    let ja = "日は 12-29 の形で書いてください";
    MonthDay::parse(&text).ok_or_else(|| wrong(&text, ja, "write the day like 12-29"))
}

fn time<'de, D: Deserializer<'de>>(it: D) -> Result<TimeOfDay, D::Error> {
    let text = String::deserialize(it)?;
    let ja = "時刻は 09:00 の形で、24:00 までです";
    TimeOfDay::parse(&text).ok_or_else(|| wrong(&text, ja, "a time like 09:00, up to 24:00"))
}

fn days<'de, D: Deserializer<'de>>(it: D) -> Result<Days, D::Error> {
    let text = String::deserialize(it)?;
    let (ja, en) = (
        "days は every、weekday、sat、sun、holiday のどれかです",
        "every, weekday, sat, sun or holiday",
    );
    Days::parse(&text).ok_or_else(|| wrong(&text, ja, en))
}

impl<'de> Deserialize<'de> for WindowRow {
    fn deserialize<D: Deserializer<'de>>(it: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Row {
            #[serde(deserialize_with = "days")]
            days: Days,
            #[serde(deserialize_with = "time")]
            from: TimeOfDay,
            #[serde(deserialize_with = "time")]
            to: TimeOfDay,
        }
        let Row { days, from, to } = Row::deserialize(it)?;
        let ja = "終わりは始まりより後の時刻にしてください";
        let window = Window::new(days, from, to);
        window.map(Self).ok_or_else(|| {
            wrong(
                &format!("{from}-{to}"),
                ja,
                "the end must be later than the beginning",
            )
        })
    }
}

impl<'de> Deserialize<'de> for MatterRow {
    fn deserialize<D: Deserializer<'de>>(it: D) -> Result<Self, D::Error> {
        let text = String::deserialize(it)?;
        let ja = "この名前の機器・用件はありません";
        let matter = Matter::parse(&text).map(Self);
        matter.ok_or_else(|| wrong(&text, ja, "no part or matter of this name"))
    }
}

impl<'de> Deserialize<'de> for ContractRow {
    fn deserialize<D: Deserializer<'de>>(it: D) -> Result<Self, D::Error> {
        let text = String::deserialize(it)?;
        let ja = "contract は with か without です";
        let contract = Contract::parse(&text).map(Self);
        contract.ok_or_else(|| wrong(&text, ja, "with or without"))
    }
}

/// Reads the file.
pub(super) fn parse(text: &str) -> Result<SupportDirectory, String> {
    let file: DirectoryFile = toml::from_str(text).map_err(|error| error.to_string())?;
    let desks = file.desks.into_iter().map(DeskRow::desk).collect();
    SupportDirectory::new(file.as_of, file.notes, desks).map_err(|error| error.to_string())
}

impl DeskRow {
    fn desk(self) -> Desk {
        let closed: Vec<Closing> = self.closed.into_iter().map(ClosingRow::closing).collect();
        let names_turn = closed.iter().any(|it| matches!(it, Closing::Yearly(..)));
        let year_end = if names_turn || self.year_end == Stated::Stated {
            YearEnd::Stated
        } else {
            YearEnd::NotStated
        };
        let hours = |windows: Vec<WindowRow>, closed: Vec<Closing>| Hours {
            windows: windows.into_iter().map(|it| it.0).collect(),
            closed,
            year_end,
        };
        let repairs = match (self.repair.is_empty(), self.repair_days) {
            (true, _) => Repairs::AsReception,
            (false, Some(Stated::NotStated)) => {
                Repairs::DaysNotStated(hours(self.repair, closed.clone()))
            }
            (false, _) => Repairs::At(hours(self.repair, closed.clone())),
        };
        Desk {
            reception: match self.reception {
                ReceptionRow::Word(ReceptionWord::WebFormOnly) => Reception::WebFormOnly,
                ReceptionRow::Word(ReceptionWord::NotKnown) => Reception::HoursNotKnown,
                ReceptionRow::At(windows) => Reception::At(hours(windows, closed)),
            },
            repairs,
            id: self.id,
            name: self.name,
            group: self.group,
            scope: self.scope.into_iter().map(ScopeRow::scope).collect(),
            not_for: self.not_for.into_iter().map(|it| it.0).collect(),
            contracts: self.contract.into_iter().map(|it| it.0).collect(),
            phones: self.phones.into_iter().map(PhoneRow::phone).collect(),
            email: self.email,
            url: self.url,
            have_ready: self.have_ready,
            cost: self.cost,
            notes: self.notes,
            filled_in: self.filled_in,
        }
    }
}

impl ScopeRow {
    fn scope(self) -> Scope {
        match self {
            Self::Matter(matter) => Scope {
                matter: matter.0,
                models: Vec::new(),
                makers: Vec::new(),
            },
            Self::Of(of) => Scope {
                matter: of.matter.0,
                models: of.models,
                makers: of.makers,
            },
        }
    }
}

impl ClosingRow {
    fn closing(self) -> Closing {
        match self {
            Self::Word(ClosingWord::Sat) => Closing::Saturday,
            Self::Word(ClosingWord::Sun) => Closing::Sunday,
            Self::Word(ClosingWord::Holiday) => Closing::Holiday,
            Self::Yearly(it) => Closing::Yearly(it.from, it.to),
            Self::Company(it) => Closing::CompanyDays(it.company),
        }
    }
}

impl PhoneRow {
    fn phone(self) -> Phone {
        Phone {
            number: self.number,
            when: self.when,
            note: self.note,
        }
    }
}
