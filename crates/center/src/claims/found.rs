//! The claims of which the checks found something, a page at a time, and how often each rule did: made once when a file is checked, so that a page
//! of a file of any size reads some of its parts alone. Judges nothing.

use std::collections::{BTreeMap, BTreeSet};

use api::claims::found::{ClaimFound, ClaimsFound, ClaimsPageAsked, ClaimsRuleFound, ClaimsWeight};
use api::claims::submission::{ClaimsFinding, ClaimsResult};
use api::problem::{Text, Trouble};
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use store::claims::submissions::{ResultKind, Submission};

use super::Claimant;
use super::submissions::{looked_at, part_of};
use crate::app::{App, Shared};
use crate::extract::Query;
use crate::trouble::{Refused, internal, stopped, unreadable};

/// Claims of one page.
const PAGE: usize = 20;

/// Findings shown of a claim.
const MOST_OF_CLAIM: usize = 20;

/// Findings shown of a file and of no claim of it.
const MOST_OF_FILE: usize = 100;

/// Parts one page is looked for in: what is rarer is looked for in the next page.
const MOST_PARTS: usize = 200;

/// What the checks found in a file altogether, kept as the only part of its kind.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(super) struct Overview {
    rules: BTreeMap<String, ClaimsRuleFound>,
    /// What was found of no claim.
    file: Vec<ClaimsFinding>,
    /// The last claim up to the end of each part of findings.
    finding_ends: Vec<u32>,
    /// The last claim of each part of claims.
    claim_ends: Vec<u32>,
    /// The last claim each rule found something in.
    #[serde(skip)]
    last_of: BTreeMap<String, u32>,
}

impl Overview {
    /// Counts a finding; `text` is the rule's, without the numbers of this case.
    pub(super) fn found(&mut self, finding: &ClaimsFinding, text: Text) {
        let of = self.rules.entry(finding.rule.clone());
        let of = of.or_insert_with(|| ClaimsRuleFound {
            claims: 0,
            findings: 0,
            known: finding.known.clone(),
            rule: finding.rule.clone(),
            severity: finding.severity.clone(),
            text,
        });
        of.findings = of.findings.saturating_add(1);
        match finding.claim {
            Some(claim) => {
                let last = self.last_of.insert(finding.rule.clone(), claim);
                if last != Some(claim) {
                    of.claims = of.claims.saturating_add(1);
                }
            }
            None if self.file.len() < MOST_OF_FILE => self.file.push(finding.clone()),
            None => {}
        }
    }

    /// Notes the end of a part of findings.
    pub(super) fn part_of_findings(&mut self, findings: &[ClaimsFinding]) {
        let last = findings.iter().filter_map(|it| it.claim).max();
        let before = self.finding_ends.last().copied().unwrap_or(0);
        self.finding_ends.push(before.max(last.unwrap_or(0)));
    }

    /// Notes the end of a part of claims.
    pub(super) fn part_of_claims(&mut self, claims: &[ClaimsResult]) {
        let last = claims.last().map_or(0, |it| it.claim);
        self.claim_ends.push(last);
    }

    /// The rules: those that refuse first, each by how often it found something.
    fn rules(&self) -> Vec<ClaimsRuleFound> {
        let mut rules: Vec<ClaimsRuleFound> = self.rules.values().cloned().collect();
        let weight = |it: &ClaimsRuleFound| match it.severity.as_str() {
            "file" => 0,
            "claim" => 1,
            _ => 2,
        };
        rules.sort_by_key(|it| (weight(it), std::cmp::Reverse(it.findings)));
        rules
    }
}

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Asked {
    from: u32,
    weight: Option<String>,
    rule: Option<String>,
}

pub(crate) async fn read(
    State(app): State<App>,
    Claimant(who): Claimant,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Json<ClaimsFound>, Refused> {
    let weight = match &asked.weight {
        Some(name) => ClaimsWeight::parse(name).ok_or(Trouble::InvalidQuery)?,
        None => ClaimsWeight::All,
    };
    let asked = ClaimsPageAsked {
        from: asked.from,
        weight,
        rule: asked.rule,
    };
    let found = looked_at(&app, &who, &id, None).await?;
    let read = tokio::task::spawn_blocking(move || page(&app, &found, &asked));
    Ok(Json(
        read.await
            .map_err(stopped("the reading of a page stopped"))??,
    ))
}

fn page(
    app: &Shared,
    submission: &Submission,
    asked: &ClaimsPageAsked,
) -> Result<ClaimsFound, Refused> {
    let overview = app.engine.result(submission, ResultKind::Overview, 0)?;
    let Some(overview) = overview else {
        return Ok(ClaimsFound::default());
    };
    let overview: Overview =
        serde_json::from_slice(&overview).map_err(unreadable("the overview of what was found"))?;
    let pages = Pages {
        app,
        submission,
        overview: &overview,
        asked,
    };
    let (groups, next) = pages.forward()?;
    Ok(ClaimsFound {
        claims: pages.shown(groups)?,
        previous: pages.previous()?,
        file: overview.file.clone(),
        rules: overview.rules(),
        next,
    })
}

/// Claims with what was found of them.
type Groups = BTreeMap<u32, Vec<ClaimsFinding>>;

struct Pages<'a> {
    app: &'a Shared,
    submission: &'a Submission,
    overview: &'a Overview,
    asked: &'a ClaimsPageAsked,
}

impl Pages<'_> {
    fn fits(&self, finding: &ClaimsFinding) -> bool {
        let rule = self.asked.rule.as_ref();
        self.asked.weight.holds(&finding.severity) && rule.is_none_or(|it| *it == finding.rule)
    }

    fn part(&self, part: usize) -> Result<Vec<ClaimsFinding>, Refused> {
        let part = u32::try_from(part).map_err(internal("the number of a part"))?;
        let lines = part_of(self.app, self.submission, ResultKind::Findings, part)?;
        Ok(lines.unwrap_or_default())
    }

    /// The part that holds the first finding of the claim the page begins with, or of one behind it.
    fn first_part(&self) -> usize {
        let from = self.asked.from;
        self.overview.finding_ends.partition_point(|it| *it < from)
    }

    /// The claims from the one the page begins with on, and where the next page begins.
    fn forward(&self) -> Result<(Groups, Option<u32>), Refused> {
        let ends = &self.overview.finding_ends;
        let first = self.first_part();
        let mut groups = Groups::new();
        for (at, end) in ends.iter().enumerate().skip(first) {
            if MOST_PARTS <= at - first {
                // It is looked on from the claim that may go on in this part.
                let reached = ends.get(at - 1).copied().unwrap_or(*end);
                let reached = reached.max(self.asked.from.saturating_add(1));
                groups.remove(&reached);
                return Ok((groups, Some(reached)));
            }
            for finding in self.part(at)? {
                let Some(claim) = finding.claim.filter(|it| self.asked.from <= *it) else {
                    continue;
                };
                if !self.fits(&finding) {
                    continue;
                }
                if groups.len() == PAGE && !groups.contains_key(&claim) {
                    return Ok((groups, Some(claim)));
                }
                groups.entry(claim).or_default().push(finding);
            }
        }
        Ok((groups, None))
    }

    /// Where the page before begins.
    fn previous(&self) -> Result<Option<u32>, Refused> {
        let from = self.asked.from;
        let mut before = BTreeSet::new();
        let last = self.first_part();
        for (looked, at) in (0..=last).rev().enumerate() {
            if looked == MOST_PARTS || PAGE < before.len() {
                break;
            }
            let findings = self.part(at)?;
            let fitting = findings.iter().filter(|it| self.fits(it));
            before.extend(fitting.filter_map(|it| it.claim.filter(|it| *it < from)));
        }
        let begins = before.len().saturating_sub(PAGE);
        Ok(before.into_iter().nth(begins))
    }

    fn shown(&self, groups: Groups) -> Result<Vec<ClaimFound>, Refused> {
        let Some((first, last)) = groups.first_key_value().zip(groups.last_key_value()) else {
            return Ok(Vec::new());
        };
        let mut results = self.results(*first.0, *last.0)?;
        let shown = groups.into_iter().map(|(claim, mut findings)| {
            let more = findings.len().saturating_sub(MOST_OF_CLAIM);
            let result = results.remove(&claim);
            let result = result.unwrap_or_else(|| unread(claim, &findings));
            findings.truncate(MOST_OF_CLAIM);
            ClaimFound {
                claim: result,
                findings,
                more: u32::try_from(more).unwrap_or(u32::MAX),
            }
        });
        Ok(shown.collect())
    }

    /// What became of the claims from one to another.
    fn results(&self, first: u32, last: u32) -> Result<BTreeMap<u32, ClaimsResult>, Refused> {
        let ends = &self.overview.claim_ends;
        let mut results = BTreeMap::new();
        for part in ends.partition_point(|it| *it < first)..ends.len() {
            let of = u32::try_from(part).map_err(internal("the number of a part"))?;
            let lines = part_of(self.app, self.submission, ResultKind::Claims, of)?;
            let lines: Vec<ClaimsResult> = lines.unwrap_or_default();
            let fitting = lines.into_iter();
            let fitting = fitting.filter(|it| first <= it.claim && it.claim <= last);
            results.extend(fitting.map(|it| (it.claim, it)));
            if ends.get(part).is_some_and(|end| last <= *end) {
                break;
            }
        }
        Ok(results)
    }
}

/// A claim of a file that was not read to that claim's end.
fn unread(claim: u32, findings: &[ClaimsFinding]) -> ClaimsResult {
    let is_refused = findings.iter().any(|it| it.severity != "warning");
    ClaimsResult {
        claim,
        line: findings.iter().find_map(|it| it.line).unwrap_or(0),
        proofs: Vec::new(),
        proposal: None,
        state: if is_refused { "refused" } else { "to_confirm" }.into(),
    }
}
