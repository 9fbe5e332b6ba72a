//! What a patient agreed to, in the elements of interface §2.3 rows 29-30 and 32-35. Consents whose element names are only inferred
//! (傷病名, 感染症, アレルギー, 薬剤禁忌, 検査, 処方) are not told.

use domain::civil_date::{CivilDate, Instant};
use domain::codes::consent::Viewing;
use domain::coverage::certificate::DiseaseCertificate;

use crate::tables::found_coverage as table;
use crate::tables::found_coverage::FoundCoverage;

/// What a patient agreed to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Consents {
    /// To provide the specified-disease certificates.
    pub specified_disease: Providing,
    /// The certificates, where that was agreed to.
    pub diseases: Vec<DiseaseCertificate>,
    /// To the viewing of health checkups (特定健診).
    pub checkups: Option<Given>,
    /// Of drugs (薬剤).
    pub drugs: Option<Given>,
    /// Of treatment (診療).
    pub treatment: Option<Given>,
    /// Of surgery (手術).
    pub surgery: Option<Given>,
}

/// A consent that was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Given {
    /// When.
    pub at: Instant,
    /// Until when it counts.
    pub until: Instant,
}

/// Whether a certificate is provided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Providing {
    /// It was not asked for: the person has none.
    #[default]
    NotAsked,
    /// The patient said no.
    Refused,
    /// The patient agreed, at this time.
    Given(Instant),
}

impl Consents {
    pub(crate) fn put(&self, found: &mut FoundCoverage) {
        self.put_diseases(found);
        // Each time all four: a kind nobody was asked about is not agreed to.
        let of = viewing(self.checkups);
        (
            found.checkups_consent,
            found.checkups_consented_at,
            found.checkups_until,
        ) = of;
        let of = viewing(self.drugs);
        (
            found.drugs_consent,
            found.drugs_consented_at,
            found.drugs_until,
        ) = of;
        let of = viewing(self.treatment);
        (
            found.treatment_consent,
            found.treatment_consented_at,
            found.treatment_until,
        ) = of;
        let of = viewing(self.surgery);
        (
            found.surgery_consent,
            found.surgery_consented_at,
            found.surgery_until,
        ) = of;
    }

    /// Rows 29 and 30. The flag is that of OQSCD016 (R2).
    fn put_diseases(&self, found: &mut FoundCoverage) {
        match self.specified_disease {
            Providing::NotAsked => {}
            Providing::Refused => {
                found.disease_consent = Some(Viewing::NotGiven.code().to_owned());
            }
            Providing::Given(at) => {
                found.disease_consent = Some(Viewing::Given.code().to_owned());
                found.disease_consented_at = Some(at.to_compact_in_japan());
                found.diseases = self.diseases.iter().map(disease).collect();
            }
        }
    }
}

/// Flag, time and until when.
fn viewing(consent: Option<Given>) -> (Option<String>, Option<String>, Option<String>) {
    let Some(given) = consent else {
        return (Some(Viewing::NotGiven.code().to_owned()), None, None);
    };
    (
        Some(Viewing::Given.code().to_owned()),
        Some(given.at.to_compact_in_japan()),
        Some(given.until.to_compact_in_japan()),
    )
}

fn disease(certificate: &DiseaseCertificate) -> table::DiseaseCertificate {
    let period = certificate.period;
    table::DiseaseCertificate {
        disease: Some(certificate.disease.code().to_owned()),
        issued: certificate.issued.map(CivilDate::to_compact),
        valid_from: period.start.map(CivilDate::to_compact),
        valid_until: period.end.map(CivilDate::to_compact),
        self_pay_yen: certificate.self_pay_yen.map(|yen| yen.to_string()),
    }
}
