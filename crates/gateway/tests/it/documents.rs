//! Results that are PDFs: a bare file under its own name, once; refusals are XML as ever.

use synthetic::card::case::Case;
use synthetic::card::holder;

use crate::link::Link;

/// A request about the holder of the card, for a PDF or not.
fn request(category: &str, period: &str) -> String {
    let registration = holder::registration(Case::Everything).unwrap();
    let coverage = &registration.coverages[0];
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"no\"?>
<XmlMsg><MessageHeader><MedicalInstitutionCode>1319999999</MedicalInstitutionCode>
<InsurerNumber>{}</InsurerNumber><InsuranceCardSymbol>{}</InsuranceCardSymbol>
<InsuredPersonIdentificationNumber>{}</InsuredPersonIdentificationNumber><BranchNumber>01</BranchNumber>
</MessageHeader><MessageBody>{period}<FileCategory>{category}</FileCategory>
<PrDiInfClassification>1</PrDiInfClassification><MedicalTreatmentFlag>1</MedicalTreatmentFlag></MessageBody></XmlMsg>",
        coverage.insurer.to_padded_with_blanks(),
        coverage.symbol.as_ref().unwrap().as_str(),
        coverage.number.as_str(),
    )
}

const MONTHS: &str = "<StartDate>202001</StartDate><EndDate>209912</EndDate>";

fn is_pdf(bytes: &[u8]) -> bool {
    bytes.starts_with(b"%PDF-1.7") && bytes.trim_ascii_end().ends_with(b"%%EOF")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pdf_comes_as_a_bare_file_once_and_a_refusal_as_xml() {
    let mut link = Link::start().await;
    link.put("req/YZKsiquc01req_a 1.xml", request("1", MONTHS));
    assert_eq!(link.round().await.unwrap(), 1);
    assert_eq!(link.names("res"), ["YZKsiquc01res_a 1.xml"]);
    assert!(
        link.text("res/YZKsiquc01res_a 1.xml")
            .contains("<ResultCode>E0030<")
    );
    let open = link.reader.lay().await;
    let yes = [("drugs", "yes"), ("checkups", "yes")];
    link.reader.answer(&open, &yes).await;
    link.put("req/YZKsiquc01req_2.XML", request("1", MONTHS));
    link.put("req/TKKsiquc01req_3.xml", request("1", ""));
    link.put("req/YZKsiquc01req_4.xml", request("2", MONTHS));
    assert_eq!(link.round().await.unwrap(), 3);
    assert_eq!(
        link.names("res"),
        [
            "TKKsiquc01res_3.pdf",
            "YZKsiquc01res_2.pdf",
            "YZKsiquc01res_4.xml",
            "YZKsiquc01res_a 1.xml",
        ]
    );
    for name in ["res/TKKsiquc01res_3.pdf", "res/YZKsiquc01res_2.pdf"] {
        assert!(is_pdf(&link.read(name)), "{name}");
        std::fs::remove_file(link.path(name)).unwrap();
    }
    assert!(link.names("work").is_empty() && link.names("req").is_empty());
    link.restart();
    assert_eq!(
        link.round().await.unwrap(),
        0,
        "what was taken does not come again"
    );
    assert!(!link.names("res").iter().any(|it| it.ends_with(".pdf")));
}
