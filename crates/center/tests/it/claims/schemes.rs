//! Claims that public schemes pay alone: medical aid is held against its registration, the others against nothing.

use domain::claims::eligibility::finding::Rule;
use domain::codes::coverage::CardClassification;
use domain::coverage::{Coverage, InsurerName};
use domain::insured::InsuredNumber;
use domain::insurer_number::InsurerNumber;

use super::*;

/// Medical aid and beneficiaries of it: one who is registered, one who is not.
const AID: &str = "12139994";
const REGISTERED: &str = "1234566";
const UNKNOWN: &str = "7654320";

/// The claim as if schemes, not the insurance, had paid.
fn paid_by(claim: &MadeClaim, schemes: &[(&str, &str)]) -> MadeClaim {
    let mut lines = Vec::new();
    for line in &claim.lines {
        let mut cells: Vec<&[u8]> = line.split(|it| *it == b',').collect();
        let id = cells[0];
        match id {
            b"RE" => {
                let claim_type = format!("12{}2", schemes.len());
                cells[2] = claim_type.as_bytes();
                lines.push(cells.join(&b','));
            }
            b"HO" => {
                let text = |at: usize| String::from_utf8(cells[at].to_vec()).unwrap();
                let (days, points) = (text(4), text(5));
                lines.extend(schemes.iter().map(|(bearer, beneficiary)| {
                    format!("KO,{bearer},{beneficiary},,{days},{points},,,,,,").into_bytes()
                }));
            }
            b"JD" => {
                for scheme in 0..schemes.len() {
                    let payer = (scheme + 2).to_string();
                    let mut cells = cells.clone();
                    cells[1] = payer.as_bytes();
                    lines.push(cells.join(&b','));
                }
            }
            b"SN" => {}
            _ => lines.push(line.clone()),
        }
    }
    MadeClaim {
        lines,
        ..claim.clone()
    }
}

#[tokio::test]
async fn of_schemes_alone_medical_aid_leads_to_the_person_and_the_others_to_nobody() {
    let mut people = people(60);
    let clinic = made(ReviewBody::Fund);
    let mut made = claims(&clinic, &people);
    // One who had the insurance alone.
    made.retain(|it| !it.lines.iter().any(|line| line.starts_with(b"KO,")));
    made.truncate(3);
    let mut aid = Coverage::new(
        CardClassification::MedicalAid,
        InsurerNumber::parse(AID).unwrap(),
        InsurerName::parse("架空区福祉事務所").unwrap(),
        InsuredNumber::parse(REGISTERED).unwrap(),
    );
    aid.acquired = Some(clinic.month.first_day());
    people[made[0].person as usize].coverages.push(aid);
    let other = "9999996";
    made[0] = paid_by(&made[0], &[("21139993", other), (AID, REGISTERED)]);
    made[1] = paid_by(&made[1], &[("54139993", other)]);
    made[2] = paid_by(&made[2], &[("21139993", other), (AID, UNKNOWN)]);
    for (number, claim) in (1_u32..).zip(&mut made) {
        let mut cells: Vec<&[u8]> = claim.lines[0].split(|it| *it == b',').collect();
        let number = number.to_string();
        cells[1] = number.as_bytes();
        claim.lines[0] = cells.join(&b',');
    }
    let claimant = Claimant::start("fund", &people).await;
    let sent = claimant.send(&file(&clinic, &made), 1 << 20).await.unwrap();
    let checked = claimant.checked(&sent.id).await;
    assert_eq!(checked.state, "checked");
    let found = claimant.findings(&sent.id).await;
    let found: Vec<_> = found
        .iter()
        .filter(|it| Rule::parse(&it.rule).is_some())
        .map(|it| (it.rule.as_str(), it.claim))
        .collect();
    assert_eq!(found, [("not_found", Some(3))]);
}
