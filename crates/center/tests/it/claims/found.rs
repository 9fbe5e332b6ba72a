//! Pages of what the checks found: every finding is on one page, counted by rule, and what is asked for alone.

use api::claims::found::{ClaimsFound, ClaimsPageAsked, ClaimsWeight};

use super::*;

/// Everything that is asked for, page after page, and the pages' beginnings.
async fn all(
    claimant: &Claimant,
    id: &str,
    asked: &ClaimsPageAsked,
) -> (Vec<ClaimsFound>, Vec<u32>) {
    let (mut pages, mut begins) = (Vec::new(), Vec::new());
    let mut asked = asked.clone();
    loop {
        let client = &claimant.clinic.client;
        let page = client.claims_found(claimant.token(), id, &asked).await;
        let page = page.unwrap();
        begins.push(asked.from);
        let next = page.next;
        pages.push(page);
        match next {
            Some(next) => asked.from = next,
            None => return (pages, begins),
        }
    }
}

/// A month's claims of people of whom every other is registered nowhere, and every third claim has no number.
async fn submitted() -> (Claimant, ClaimsSubmission) {
    let people = people(2_000);
    let clinic = made(ReviewBody::Fund);
    let mut made = claims(&clinic, &people);
    for claim in made.iter_mut().step_by(3) {
        for line in &mut claim.lines {
            if line.starts_with(b"HO,") {
                let mut cells: Vec<&[u8]> = line.split(|it| *it == b',').collect();
                cells[3] = b"";
                *line = cells.join(&b','.to_owned());
            }
        }
    }
    let registered: Vec<_> = people.iter().step_by(2).cloned().collect();
    let claimant = Claimant::start("fund", &registered).await;
    let sent = claimant.send(&file(&clinic, &made), 1 << 20).await.unwrap();
    let checked = claimant.checked(&sent.id).await;
    assert_eq!(checked.state, "checked");
    (claimant, checked)
}

#[tokio::test]
async fn every_finding_is_on_one_page_and_counted_under_its_rule() {
    let (claimant, sent) = submitted().await;
    let findings = claimant.findings(&sent.id).await;
    assert!(200 < findings.len(), "several parts: {}", findings.len());
    let (pages, begins) = all(&claimant, &sent.id, &ClaimsPageAsked::default()).await;
    assert!(2 < pages.len());
    let shown = pages.iter().flat_map(|it| &it.claims);
    let shown: Vec<_> = shown.flat_map(|it| it.findings.clone()).collect();
    assert_eq!(shown, findings);
    // Each page says where the one before begins.
    for (at, page) in pages.iter().enumerate() {
        let before = at.checked_sub(1).map(|it| begins[it]);
        let told = page
            .previous
            .map(|it| if before == Some(0) { 0 } else { it });
        assert_eq!(told, before, "page {at}");
        assert!(page.claims.len() <= 20 && page.rules == pages[0].rules);
    }
    for rule in &pages[0].rules {
        let of = findings.iter().filter(|it| it.rule == rule.rule);
        let claims: std::collections::BTreeSet<_> = of.clone().map(|it| it.claim).collect();
        assert_eq!(
            (rule.findings as usize, rule.claims as usize),
            (of.count(), claims.len()),
            "{}",
            rule.rule
        );
        assert!(!rule.text.ja.is_empty() && !rule.text.en.is_empty());
    }
    let severities: Vec<_> = pages[0]
        .rules
        .iter()
        .map(|it| it.severity.as_str())
        .collect();
    assert!(
        severities.is_sorted(),
        "claim before warning: {severities:?}"
    );
}

#[tokio::test]
async fn errors_notes_and_one_rule_are_shown_alone() {
    let (claimant, sent) = submitted().await;
    let findings = claimant.findings(&sent.id).await;
    for weight in ClaimsWeight::ALL {
        let asked = ClaimsPageAsked {
            weight,
            ..ClaimsPageAsked::default()
        };
        let (pages, _) = all(&claimant, &sent.id, &asked).await;
        let shown = pages.iter().flat_map(|it| &it.claims);
        let shown: Vec<_> = shown.flat_map(|it| it.findings.clone()).collect();
        let mut wanted = findings.clone();
        wanted.retain(|it| weight.holds(&it.severity));
        assert!(!wanted.is_empty());
        assert_eq!(shown, wanted, "{weight:?}");
    }
    let rule = findings.last().unwrap().rule.clone();
    let asked = ClaimsPageAsked {
        rule: Some(rule.clone()),
        ..ClaimsPageAsked::default()
    };
    let (pages, _) = all(&claimant, &sent.id, &asked).await;
    let shown = pages.iter().flat_map(|it| &it.claims);
    assert!(
        shown
            .clone()
            .all(|it| it.findings.iter().all(|it| it.rule == rule))
    );
    let wanted = findings.iter().filter(|it| it.rule == rule).count();
    assert_eq!(shown.map(|it| it.findings.len()).sum::<usize>(), wanted);
    // A rule that found nothing shows nothing; another weight is none.
    let none = ClaimsPageAsked {
        rule: Some("no_such_rule".into()),
        ..ClaimsPageAsked::default()
    };
    let (pages, _) = all(&claimant, &sent.id, &none).await;
    assert!(pages.iter().all(|it| it.claims.is_empty()));
    let client = &claimant.clinic.client;
    let behind = ClaimsPageAsked {
        from: u32::MAX,
        ..ClaimsPageAsked::default()
    };
    let page = client
        .claims_found(claimant.token(), &sent.id, &behind)
        .await;
    let page = page.unwrap();
    assert!(page.claims.is_empty() && page.next.is_none() && page.previous.is_some());
}

#[tokio::test]
async fn of_a_file_that_is_refused_the_page_says_what_is_wrong_with_the_file() {
    let people = people(40);
    let clinic = made(ReviewBody::Federation);
    let bytes = file(&clinic, &claims(&clinic, &people));
    let claimant = Claimant::start("fund", &people).await;
    let sent = claimant.send(&bytes, 1 << 20).await.unwrap();
    assert_eq!(claimant.checked(&sent.id).await.state, "refused");
    let (pages, _) = all(&claimant, &sent.id, &ClaimsPageAsked::default()).await;
    assert_eq!(pages[0].file[0].rule, "other_review_body");
    assert!(pages[0].claims.is_empty());
    let rule = &pages[0].rules[0];
    assert_eq!((rule.findings, rule.claims), (1, 0));
}
