//! What a patient agreed to at a reader, in the elements of interface §2.3 rows 29-30 and 32-35. Names whose XML names are only
//! inferred (傷病名, 感染症, アレルギー, 薬剤禁忌, 検査, 処方) are not written.

use domain::certificate::DiseaseCertificate;
use domain::civil_date::Instant;
use domain::codes::consent::Viewing;

use crate::single_check::answer::date;
use crate::xml::Writer;

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
    /// Rows 29 and 30. The list is wrapped (R1); its flag is that of OQSCD016 (R2).
    pub(crate) fn write_specified_diseases(&self, entry: &mut Writer) {
        let flag = "SpecificDiseasesCertificateRelatedConsFlg";
        let at = match self.specified_disease {
            Providing::NotAsked => return,
            Providing::Refused => return entry.value(flag, Viewing::NotGiven.code()),
            Providing::Given(at) => at,
        };
        entry.value(flag, Viewing::Given.code());
        let at = at.to_compact_in_japan();
        entry.value("SpecificDiseasesCertificateRelatedConsTime", &at);
        if self.diseases.is_empty() {
            return;
        }
        entry.group("SpecificDiseasesCertificateList", |list| {
            for certificate in &self.diseases {
                list.group("SpecificDiseasesCertificateInfo", |group| {
                    disease(group, certificate)
                });
            }
        });
    }

    /// Rows 32 to 35, each time all four: a kind nobody was asked about is not agreed to.
    pub(crate) fn write_viewing(&self, entry: &mut Writer) {
        viewing(entry, "SpecificHealthCheckupsInfo", self.checkups);
        viewing(entry, "PharmacistsInfo", self.drugs);
        viewing(entry, "DiagnosisInfo", self.treatment);
        viewing(entry, "OperationInfo", self.surgery);
    }
}

fn viewing(entry: &mut Writer, of: &str, consent: Option<Given>) {
    let Some(given) = consent else {
        return entry.value(&format!("{of}ConsFlg"), Viewing::NotGiven.code());
    };
    entry.value(&format!("{of}ConsFlg"), Viewing::Given.code());
    let (at, until) = (given.at, given.until);
    entry.value(&format!("{of}ConsTime"), &at.to_compact_in_japan());
    entry.value(&format!("{of}AvailableTime"), &until.to_compact_in_japan());
}

fn disease(group: &mut Writer, certificate: &DiseaseCertificate) {
    let period = certificate.period;
    let category = certificate.disease.code();
    group.value("SpecificDiseasesDiseaseCategory", category);
    date(group, "SpecificDiseasesCertificateDate", certificate.issued);
    date(group, "SpecificDiseasesValidStartDate", period.start);
    date(group, "SpecificDiseasesValidEndDate", period.end);
    let yen = certificate.self_pay_yen.map(|yen| yen.to_string());
    group.optional("SpecificDiseasesSelfPay", yen.as_deref());
}
