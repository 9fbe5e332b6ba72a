//! Office checks (受付・事務点検) of a submission: format and structure, whose file it is, and each claim against eligibility as of its days of
//! visit. Reads the file piece by piece, keeps what it finds in parts, and changes no byte. Off the threads that answer requests.

use api::claims::submission::{ClaimsFinding, ClaimsPart, ClaimsProposal, ClaimsResult};
use api::problem::Text;
use domain::claims::eligibility::finding::Rule as EligibilityRule;
use domain::claims::eligibility::{Judgement, Proposal, judge};
use domain::claims::entry::{ClaimState, Holder, SubmissionState};
use domain::claims::facts::{Claim, Confirmation};
use domain::claims::office::{Rule, Stated};
use domain::claims::{Days, Severity};
use domain::coverage::{Coverage, Registration};
use domain::medical_aid::TreatmentMonth;
use exchange::claim_file::finding::Finding;
use exchange::claim_file::{ClaimFile, Event, ReadClaim, Summary};
use store::claims::submissions::{Counts, ResultKind, Submission};
use store::engine::StoreError;
use tokio::runtime::Handle;

use super::found::Overview;
use super::proofs::{self, Proofs};
use super::uploads::{calendar, limits};
use crate::app::Shared;

/// Findings of one part.
const FINDINGS_OF_PART: usize = 200;

/// Claims of one part.
const CLAIMS_OF_PART: usize = 500;

/// What is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Depth {
    /// Whether the file is refused; nothing is told.
    Silent,
    /// Format and structure.
    Structure,
    /// Eligibility, too.
    Whole,
}

/// Checks a submission; what became of it.
pub(super) fn check(
    app: &Shared,
    submission: &Submission,
    run: [u8; 16],
    handle: &Handle,
) -> Result<(SubmissionState, Counts), StoreError> {
    let holder = Holder {
        tenant: submission.tenant,
        facility: submission.facility,
        account: submission.account.clone(),
        certificate: [0; 32],
    };
    let first = Office::new(app, submission, &holder, (run, handle, Depth::Silent)).read()?;
    if first.sha256.is_some_and(|it| it != submission.sha256) {
        return Err(StoreError::Row("claims_piece"));
    }
    let stated = first.header.map(|it| Stated {
        institution: it.institution,
        review_body: it.review_body,
        claim_month: it.claim_month,
    });
    let whose = (holder.tenant, holder.facility);
    let sent_in = TreatmentMonth::of(submission.sent.date_in_japan());
    let before = super::month_before(submission.sent);
    let is_of_before = stated.is_some_and(|it| it.claim_month == before);
    let calendar = calendar(app, submission.corrects);
    let goes_on =
        super::until_of_month_before(app, submission.tenant, calendar, submission.sent)?.is_some();
    let month = if is_of_before && goes_on {
        before
    } else {
        sent_in
    };
    let wrong = stated.map(|it| domain::claims::office::judge(&it, whose, month));
    let wrong = wrong.unwrap_or_default();
    let is_refused = first.is_refused() || wrong.iter().any(|it| it.severity() == Severity::File);
    let depth = if is_refused {
        Depth::Structure
    } else {
        Depth::Whole
    };
    let mut office = Office::new(app, submission, &holder, (run, handle, depth));
    for rule in wrong {
        office.found(of_file(rule), Text::new(rule.ja(), rule.en()));
    }
    let counts = office.finish(&first)?;
    let state = if is_refused {
        SubmissionState::Refused
    } else {
        SubmissionState::Checked
    };
    Ok((state, counts))
}

/// What eligibility said of a claim: findings with their rules, and a proposal.
type Judged = (
    Vec<(EligibilityRule, ClaimsFinding)>,
    Option<ClaimsProposal>,
);

struct Office<'a> {
    app: &'a Shared,
    submission: &'a Submission,
    holder: &'a Holder,
    run: [u8; 16],
    handle: &'a Handle,
    depth: Depth,
    proofs: Proofs<'a>,
    counts: Counts,
    /// The claim of which something is to be looked at, so far.
    warned: Option<u32>,
    findings: Vec<ClaimsFinding>,
    finding_parts: u32,
    claims: Vec<ClaimsResult>,
    claim_parts: u32,
    overview: Overview,
    /// Why nothing more is read.
    failure: Option<StoreError>,
}

impl<'a> Office<'a> {
    fn new(
        app: &'a Shared,
        submission: &'a Submission,
        holder: &'a Holder,
        (run, handle, depth): ([u8; 16], &'a Handle, Depth),
    ) -> Self {
        Self {
            app,
            submission,
            holder,
            run,
            handle,
            depth,
            proofs: Proofs::new(app, holder, submission.sent),
            counts: Counts::default(),
            warned: None,
            findings: Vec::new(),
            finding_parts: 0,
            claims: Vec::new(),
            claim_parts: 0,
            overview: Overview::default(),
            failure: None,
        }
    }

    /// Reads the file to its end.
    fn read(mut self) -> Result<Summary, StoreError> {
        self.pass()
    }

    /// Reads the file once more, and keeps what is left of it.
    fn finish(mut self, first: &Summary) -> Result<Counts, StoreError> {
        self.pass()?;
        self.keep_findings()?;
        self.keep_claims()?;
        self.keep((ResultKind::Overview, 0), packed(&self.overview)?)?;
        self.counts.kind = first.header.map(|it| it.kind);
        self.counts.claim_month = first.header.map(|it| it.claim_month);
        self.counts.claims = first.claims;
        Ok(self.counts)
    }

    fn pass(&mut self) -> Result<Summary, StoreError> {
        let mut file = ClaimFile::new(limits(self.app));
        let mut at = 0;
        while at < self.submission.bytes {
            let piece = self.app.engine.piece(self.submission.upload, at)?;
            let piece = piece.ok_or(StoreError::Row("claims_piece"))?;
            at += piece.len() as u64;
            let stopped = file.take(&piece, &mut |event| self.told(&event)).is_err();
            if let Some(failure) = self.failure.take() {
                return Err(failure);
            }
            if stopped {
                break;
            }
        }
        let summary = file.end(&mut |event| self.told(&event));
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(summary),
        }
    }

    fn told(&mut self, event: &Event<'_>) {
        if self.failure.is_some() || self.depth == Depth::Silent {
            return;
        }
        let outcome = match event {
            Event::Record(_) => Ok(()),
            Event::Finding(finding) => {
                if finding.severity == Severity::Warning {
                    self.warned = finding.place.claim.or(self.warned);
                }
                let text = Text::new(finding.rule.ja, finding.rule.en);
                self.found(of_structure(finding), text);
                Ok(())
            }
            Event::Claim(claim) => self.claim(claim),
        };
        let outcome = outcome.and_then(|()| self.keep_full());
        self.failure = outcome.err();
    }

    /// Keeps a finding; the text is its rule's.
    fn found(&mut self, finding: ClaimsFinding, text: Text) {
        self.overview.found(&finding, text);
        self.counts.findings = self.counts.findings.saturating_add(1);
        self.findings.push(finding);
    }

    fn claim(&mut self, read: &ReadClaim) -> Result<(), StoreError> {
        let number = read.place.claim.unwrap_or(0);
        let mut result = ClaimsResult {
            claim: number,
            line: read.place.line,
            proofs: Vec::new(),
            proposal: None,
            state: String::new(),
        };
        let mut is_refused = read.is_refused;
        let mut is_warned = self.warned == Some(number);
        if let (Depth::Whole, Some(claim)) = (self.depth, &read.facts) {
            let (findings, proposal) = self.eligibility(claim, &mut result)?;
            result.proposal = proposal;
            for (rule, finding) in findings {
                is_refused |= rule.severity() == Severity::Claim;
                is_warned = true;
                let text = finding.text.clone();
                self.found(finding, text);
            }
        }
        let state = match (is_refused, is_warned) {
            (true, _) => ClaimState::Refused,
            (false, true) => ClaimState::ToConfirm,
            (false, false) => ClaimState::Good,
        };
        self.count(state, read.points);
        if state != ClaimState::Good {
            result.state = state.as_str().into();
            self.claims.push(result);
        }
        Ok(())
    }

    fn count(&mut self, state: ClaimState, points: u64) {
        let counts = &mut self.counts;
        match state {
            ClaimState::Refused => counts.refused += 1,
            ClaimState::ToConfirm => {
                counts.to_confirm += 1;
                counts.points = counts.points.saturating_add(points);
            }
            ClaimState::Good => {
                counts.points = counts.points.saturating_add(points);
                counts.good_points = counts.good_points.saturating_add(points);
            }
        }
    }

    /// Holds a claim against the coverages of its person.
    fn eligibility(
        &mut self,
        claim: &Claim,
        result: &mut ClaimsResult,
    ) -> Result<Judged, StoreError> {
        let key = claim.key();
        let registrations: Vec<Registration> = match &key {
            Some(key) => self.app.engine.look_up_for_claims(self.holder, key)?,
            None => Vec::new(),
        };
        let is_unconfirmed = claim
            .insurance
            .as_ref()
            .is_some_and(|it| it.confirmation == Confirmation::Missing);
        let mut checked = Vec::new();
        if let (Some(key), true) = (&key, is_unconfirmed) {
            result.proofs = self.proofs.of(key, claim)?;
            checked = proofs::days(&result.proofs);
        }
        let Judgement { findings, proposal } = judge(claim, &registrations, &checked);
        if let (Some(key), false, false) = (&key, is_unconfirmed, findings.is_empty()) {
            // What was answered at the time may excuse the facility, whatever is registered now.
            result.proofs = self.proofs.of(key, claim)?;
        }
        let findings = findings
            .iter()
            .map(|it| (it.rule, of_eligibility(it, result)));
        Ok((findings.collect(), of_proposal(&proposal)))
    }

    fn keep_full(&mut self) -> Result<(), StoreError> {
        if FINDINGS_OF_PART <= self.findings.len() {
            self.keep_findings()?;
        }
        if CLAIMS_OF_PART <= self.claims.len() {
            self.keep_claims()?;
        }
        Ok(())
    }

    fn keep_findings(&mut self) -> Result<(), StoreError> {
        if self.findings.is_empty() {
            return Ok(());
        }
        let findings = std::mem::take(&mut self.findings);
        self.overview.part_of_findings(&findings);
        let content = packed(&findings)?;
        self.keep((ResultKind::Findings, self.finding_parts), content)?;
        self.finding_parts += 1;
        Ok(())
    }

    fn keep_claims(&mut self) -> Result<(), StoreError> {
        if self.claims.is_empty() {
            return Ok(());
        }
        let claims = std::mem::take(&mut self.claims);
        self.overview.part_of_claims(&claims);
        let content = packed(&claims)?;
        self.keep((ResultKind::Claims, self.claim_parts), content)?;
        self.claim_parts += 1;
        Ok(())
    }

    fn keep(&self, which: (ResultKind, u32), content: Vec<u8>) -> Result<(), StoreError> {
        let of = (self.submission.id, self.run);
        self.handle
            .block_on(self.app.engine.keep_result(of, which, content))
    }
}

fn packed(lines: &impl serde::Serialize) -> Result<Vec<u8>, StoreError> {
    serde_json::to_vec(lines).map_err(|error| StoreError::Failed(error.to_string()))
}

fn of_file(rule: Rule) -> ClaimsFinding {
    ClaimsFinding {
        claim: None,
        days: Vec::new(),
        field: None,
        known: None,
        line: Some(1),
        position: None,
        record: None,
        rule: rule.as_str().into(),
        severity: rule.severity().as_str().into(),
        text: Text::new(rule.ja(), rule.en()),
    }
}

fn of_structure(finding: &Finding) -> ClaimsFinding {
    let (mut ja, mut en) = (finding.rule.ja.to_owned(), finding.rule.en.to_owned());
    if let Some((found, expected)) = finding.counts {
        ja.push_str(&format!("（{found}、正しくは{expected}）"));
        en.push_str(&format!(" ({found} where {expected} belongs)"));
    }
    ClaimsFinding {
        claim: finding.place.claim,
        days: Vec::new(),
        field: finding.field.map(|it| Text::new(it.ja, it.en)),
        known: Some(finding.rule.mark.as_str().into()),
        line: Some(finding.place.line),
        position: finding.position.and_then(|it| u32::try_from(it).ok()),
        record: finding.record(),
        rule: finding.rule.id.into(),
        severity: finding.severity.as_str().into(),
        text: Text { en, ja },
    }
}

fn of_eligibility(
    finding: &domain::claims::eligibility::finding::Finding,
    result: &ClaimsResult,
) -> ClaimsFinding {
    ClaimsFinding {
        claim: Some(result.claim),
        days: finding.days.iter().collect(),
        field: None,
        known: None,
        line: Some(result.line),
        position: None,
        record: None,
        rule: finding.rule.as_str().into(),
        severity: finding.rule.severity().as_str().into(),
        text: Text::new(finding.rule.ja(), finding.rule.en()),
    }
}

fn of_proposal(proposal: &Proposal<'_>) -> Option<ClaimsProposal> {
    let (kind, days, parts) = match proposal {
        Proposal::Keep => return None,
        Proposal::Move(coverage) => (
            "move",
            Days::default(),
            vec![part(coverage, Days::default())],
        ),
        Proposal::Split(parts) => {
            let parts = parts.iter().map(|it| part(it.coverage, it.days));
            ("split", Days::default(), parts.collect())
        }
        Proposal::Decide(days) => ("decide", *days, Vec::new()),
    };
    Some(ClaimsProposal {
        days: days.iter().collect(),
        kind: kind.into(),
        parts,
    })
}

fn part(coverage: &Coverage, days: Days) -> ClaimsPart {
    ClaimsPart {
        branch: coverage.branch.map(|it| it.to_digits()),
        days: days.iter().collect(),
        insurer_number: coverage.insurer.as_digits(),
        number: coverage.number.as_str().to_owned(),
        symbol: coverage.symbol.as_ref().map(|it| it.as_str().to_owned()),
    }
}
