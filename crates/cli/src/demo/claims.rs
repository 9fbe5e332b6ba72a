//! Claims of the demo: a month of made-up ones whose people the demo's center knows, and a clinic that may hand them in to the payment fund. Every day
//! is a day on which claims are taken.

use std::path::{Path, PathBuf};

use anyhow::Context;
use api::claims::{ClaimsSignIn, NewClaimsFiling};
use api::session::PasswordChange;
use center::claims::operating::{ClaimsAccountName, ClaimsOrder, ClaimsReply};
use center::config::claims::{Claims, Days};
use center::control::{Order, Reply};
use domain::account::AccountKind;
use domain::civil_date::CivilDate;
use domain::claims::ReviewBody;
use domain::coverage::{Loss, Registration};
use domain::facility_kind::FacilityKind;
use domain::insurer_number::InsurerNumber;
use domain::medical_aid::TreatmentMonth;
use serde_json::{Value, json};
use synthetic::claims::Clinic;
use synthetic::population::Population;

use crate::client::explain;
use crate::demo::facility::{Facility, TERMINAL, generate, sign_in, sign_out};
use crate::enroll::{order, other_answer};
use crate::synth::claims;

/// The people's seed: the same demo, the same claims.
const SEED: u64 = 11;

/// People of whom some came: a page of findings of them is not endless.
const PEOPLE: u64 = 400;

/// Of those who came, so many changed their insurer, which the clinic does not know.
const MOVED: usize = 3;

/// The review body the clinic may hand claims in to from the start. Its federation it has to file to.
const TENANT: &str = "fund";

/// The claims account.
const ACCOUNT: &str = "seikyu";

/// Folders of the files below the demo's, good ones and ones with faults.
const FOLDERS: [(&str, bool); 2] = [("claims/good", false), ("claims/faulty", true)];

/// The claims entry as the demo has it.
pub(crate) fn settings() -> Claims {
    Claims {
        submission: Days::always(),
        correction: Days::always(),
        ..Claims::default()
    }
}

/// The people of the claims as the center knows them: of some who came it was reported since that they had changed their insurer.
pub(crate) fn people(today: CivilDate) -> Vec<Registration> {
    let clinic = Clinic {
        kind: FacilityKind::Medical,
        review_body: ReviewBody::Fund,
        month: claims::last_month(today),
    };
    // As the claims are made: as of their month.
    let population = Population::as_of(SEED, clinic.month.first_day());
    let mut moved = 0;
    let known = (0..PEOPLE).filter_map(|index| {
        let person = population.person(index)?;
        let came = moved < MOVED && clinic.claim((SEED, index), &person, 1).is_some();
        if let (true, Some(other)) = (came, elsewhere(&person, clinic.month)) {
            moved += 1;
            return Some(other);
        }
        Some(person)
    });
    known.collect()
}

/// A person of one coverage as somebody who is with another insurer since the month began.
fn elsewhere(person: &Registration, month: TreatmentMonth) -> Option<Registration> {
    let mut changed = person.clone();
    let [coverage] = changed.coverages.as_mut_slice() else {
        return None;
    };
    coverage.symbol.as_ref()?;
    let mut other = coverage.clone();
    other.insurer = InsurerNumber::parse("06139992").ok()?;
    other.acquired = Some(month.first_day());
    coverage.loss = Some(Loss {
        date: month.first_day(),
        reason: None,
    });
    changed.coverages.push(other);
    Some(changed)
}

/// Writes the files of every kind of facility to each review body.
pub(crate) fn write(demo: &Path, today: CivilDate) -> anyhow::Result<()> {
    for (folder, with_faults) in FOLDERS {
        claims::write(
            &demo.join(folder),
            (SEED, PEOPLE),
            claims::last_month(today),
            with_faults,
        )?;
    }
    Ok(())
}

/// A claims account with its password, and the files to send.
pub(crate) struct Entrance {
    password: String,
    files: Vec<PathBuf>,
}

impl Entrance {
    /// The member `claims` of a facility in demo.json, ours beside those of contracts §13.
    pub(crate) fn describe(&self) -> Value {
        let files = self.files.iter().map(|it| it.display().to_string());
        json!({
            "tenant": TENANT, "account": ACCOUNT, "password": self.password, "files": files.collect::<Vec<_>>(),
        })
    }
}

async fn ordered(center: &Path, of: ClaimsOrder) -> anyhow::Result<ClaimsReply> {
    match order(center, Order::Claims(of)).await? {
        Reply::Claims(reply) => Ok(reply),
        _ => Err(other_answer()),
    }
}

/// Lets a facility hand claims in: its filing is made, handed in and accepted; its account has a password of its own.
pub(crate) async fn let_in(facility: &Facility, demo: &Path) -> anyhow::Result<Entrance> {
    let (center, client) = (demo.join("center"), &facility.client);
    let administrator = facility.account(AccountKind::Administrator)?;
    let session = sign_in(client, &administrator.id, &administrator.password).await?;
    let filing = NewClaimsFiling {
        kind: "first_use".into(),
        line: "ip_vpn".into(),
        starts_on: crate::serve::now().date_in_japan().to_string(),
        tenant: TENANT.into(),
        terminal: TERMINAL.into(),
    };
    let key = uuid::Uuid::now_v7().to_string();
    let made = client
        .make_claims_filing(&session.token, &key, &filing)
        .await;
    let made = made.map_err(|error| explain(&error))?;
    let handed = client.hand_in_claims_filing(&session.token, &made.id).await;
    handed.map_err(|error| explain(&error))?;
    sign_out(client, &session).await?;
    ordered(&center, ClaimsOrder::AcceptFiling(made.id)).await?;
    let name = ClaimsAccountName {
        tenant: TENANT.into(),
        code: facility.plan.code.into(),
        id: ACCOUNT.into(),
    };
    let add = ClaimsOrder::AddAccount(name, "請求係".into());
    let ClaimsReply::Account(first) = ordered(&center, add).await? else {
        return Err(other_answer());
    };
    let body = ClaimsSignIn {
        account: ACCOUNT.into(),
        force: true,
        password: first.password.clone(),
        tenant: TENANT.into(),
    };
    let session = client.claims_sign_in(&body).await;
    let session = session.map_err(|error| explain(&error))?;
    let change = PasswordChange {
        new_password: generate()?,
        old_password: first.password,
    };
    let changed = client.change_claims_password(&session.token, &change).await;
    changed.map_err(|error| explain(&error))?;
    let ended = client.claims_sign_out(&session.token).await;
    ended.map_err(|error| explain(&error))?;
    let own = format!("{}-{}.uke", facility.plan.kind.as_str(), TENANT);
    let files = FOLDERS
        .iter()
        .map(|(folder, _)| demo.join(folder).join(&own));
    let files: Vec<PathBuf> = files.collect();
    files
        .iter()
        .all(|it| it.is_file())
        .then_some(())
        .context("the demo's claims were not written")?;
    Ok(Entrance {
        password: change.new_password,
        files,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_day_it_is_the_claims_are_last_months_and_the_people_have_certificates_then() {
        for (today, month) in [
            ("2026-09-01", "2026-08"),
            ("2027-07-31", "2027-06"),
            ("2027-08-01", "2027-07"),
            ("2027-09-01", "2027-08"),
            ("2028-02-29", "2028-01"),
        ] {
            let today = CivilDate::parse_iso(today).unwrap();
            assert_eq!(claims::last_month(today).to_iso(), month);
            let clinic = Clinic {
                kind: FacilityKind::Medical,
                review_body: ReviewBody::Fund,
                month: claims::last_month(today),
            };
            let (mut ceilings, mut claims) = (0, 0);
            for (index, person) in (0..).zip(people(today)) {
                claims += usize::from(clinic.claim((SEED, index), &person, 1).is_some());
                for it in person.coverages.iter().flat_map(|it| &it.ceilings) {
                    assert!(it.period.contains(clinic.month.first_day()), "{today}");
                    ceilings += 1;
                }
            }
            assert!(
                20 < ceilings && 20 < claims,
                "{today}: {ceilings}, {claims}"
            );
        }
    }
}
