//! A month's claims of a clinic with seeded faults: all found, none invented.

use synthetic::claims::fault::OF_FUND;

use super::*;

/// Faults that are put in.
const SEEDED: usize = 20;

#[tokio::test]
async fn of_a_months_claims_with_twenty_seeded_faults_all_are_found_and_none_invented() {
    let people = people(400);
    let clinic = made(ReviewBody::Fund);
    let mut made = claims(&clinic, &people);
    let mut seeded = Vec::new();
    let mut left: Vec<_> = OF_FUND.iter().collect();
    for (number, claim) in (1_u32..).zip(&mut made) {
        if seeded.len() == SEEDED {
            break;
        }
        let fitting = left.iter().enumerate();
        let found = fitting
            .filter_map(|(at, fault)| Some((at, fault.put_into(claim)?)))
            .next();
        if let Some((at, faulty)) = found {
            let fault = left.remove(at);
            *claim = faulty;
            seeded.push((fault.rule.id.to_owned(), Some(number)));
        }
    }
    assert_eq!(seeded.len(), SEEDED);
    let claimant = Claimant::start("fund", &people).await;
    let sent = claimant.send(&file(&clinic, &made), 1 << 20).await.unwrap();
    let checked = claimant.checked(&sent.id).await;
    assert_eq!(checked.state, "checked", "the file as a whole is taken");
    let found = claimant.findings(&sent.id).await;
    // What a fault changed may also no longer agree with the registration: that is eligibility's, not the format's.
    let ours: std::collections::BTreeSet<&str> = domain::claims::eligibility::finding::Rule::ALL
        .iter()
        .map(|it| it.as_str())
        .collect();
    let structure: Vec<_> = found
        .iter()
        .filter(|it| !ours.contains(it.rule.as_str()))
        .map(|it| (it.rule.clone(), it.claim))
        .collect();
    assert_eq!(structure, seeded);
    // Eligibility speaks of claims with a fault alone: the others agree with their registrations.
    let faulty: std::collections::BTreeSet<_> = seeded.iter().map(|it| it.1).collect();
    for finding in &found {
        assert!(faulty.contains(&finding.claim), "{finding:?}");
        assert!(finding.line.is_some() && !finding.text.ja.is_empty());
    }
    let returned = claimant.file(&sent.id, ClaimsFile::Returns).await;
    let returned = returned.lines().count() - 1;
    assert!(0 < returned && returned <= found.len());
    let all = claimant.file(&sent.id, ClaimsFile::Findings).await;
    assert_eq!(all.lines().count() - 1, found.len());
}
