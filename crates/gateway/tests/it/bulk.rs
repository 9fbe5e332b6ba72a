//! Bulk messages through files: the receipt computer asks again and again, or the link app does so for it.

use crate::link::{Link, sample};

const ORDER: &str = "OQSmuquc01req_202611230020.xml";

/// Rounds until a result lies there; each a little later.
async fn wait_for(link: &mut Link, result: &str) -> String {
    for _ in 0..500 {
        link.round().await.unwrap();
        if link.path(result).exists() {
            return link.text(result);
        }
        link.later(5);
    }
    panic!("{result} never came; there are {:?}", link.names("res"));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_link_app_asks_for_a_bulk_result_by_itself_where_set_and_publishes_it_once() {
    let mut link = Link::start_set(|pair| pair.poll_bulk = true).await;
    link.put("req/OQSmuquc01req_a 1.xml", sample(ORDER));
    let result = wait_for(&mut link, "res/OQSmuquc02res_a 1.xml").await;
    assert!(result.contains("<SegmentOfResult>1</"), "{result}");
    assert_eq!(
        link.names("res"),
        ["OQSmuquc01res_a 1.xml", "OQSmuquc02res_a 1.xml"]
    );
    std::fs::remove_file(link.path("res/OQSmuquc02res_a 1.xml")).unwrap();
    link.restart();
    for _ in 0..3 {
        link.later(60);
        assert_eq!(link.round().await.unwrap(), 0, "once");
    }
    assert!(link.names("work").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_that_setting_nothing_is_asked_that_nobody_asked() {
    let mut link = Link::start().await;
    link.put("req/OQSmuquc01req_1.xml", sample(ORDER));
    let accepted = wait_for(&mut link, "res/OQSmuquc01res_1.xml").await;
    let number = accepted.split("<ReceptionNumber>").nth(1).unwrap();
    let number = number.split('<').next().unwrap();
    link.later(60);
    assert_eq!(link.round().await.unwrap(), 0);
    assert_eq!(link.names("res"), ["OQSmuquc01res_1.xml"]);
    let asked = format!(
        "<XmlMsg><MessageHeader><MedicalInstitutionCode>{}</MedicalInstitutionCode></MessageHeader>\
         <MessageBody><ReceptionNumber>{number}</ReceptionNumber></MessageBody></XmlMsg>",
        synthetic::samples::FACILITY
    );
    // Each question has its own answer, until the result is there.
    for question in 0..500 {
        let name = format!("req/OQSmuquc02req_{question}.xml");
        link.put(&name, &asked);
        let result = format!("res/OQSmuquc02res_{question}.xml");
        let text = wait_for(&mut link, &result).await;
        if text.contains("<SegmentOfResult>1</") {
            return;
        }
        assert!(text.contains("<SegmentOfResult>2</"), "{text}");
    }
    panic!("the result never came");
}
