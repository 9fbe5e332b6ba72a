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
async fn a_result_that_is_lost_again_and_again_counts_as_one_download() {
    let mut link = Link::start_set(|pair| pair.poll_bulk = true).await;
    link.put("req/OQSmuquc01req_1.xml", sample(ORDER));
    wait_for(&mut link, "res/OQSmuquc02res_1.xml").await;
    let number = reception_number(&link.text("res/OQSmuquc01res_1.xml"));
    link.restart_without_center();
    link.put("req/OQSmuquc02req_2.xml", question(&number));
    link.round().await.unwrap_err();
    let taken = link.names("work");
    let taken = taken.iter().find(|it| it.contains("OQSmuquc02req_2"));
    // A folder stands where the result has to be written: each process of the link app gets it and loses it.
    let blocked = link.path(&format!("work/{}.res", &taken.unwrap()[..32]));
    std::fs::create_dir(&blocked).unwrap();
    for again in 0..20 {
        link.restart();
        assert!(link.round().await.is_err(), "no result at try {again}");
    }
    std::fs::remove_dir(&blocked).unwrap();
    link.restart();
    assert_eq!(link.round().await.unwrap(), 1);
    let result = link.text("res/OQSmuquc02res_2.xml");
    assert!(result.contains("<SegmentOfResult>1</"), "{result}");
}

fn reception_number(accepted: &str) -> String {
    let number = accepted.split("<ReceptionNumber>").nth(1).unwrap();
    number.split('<').next().unwrap().to_owned()
}

/// A request for the result of an order.
fn question(number: &str) -> String {
    format!(
        "<XmlMsg><MessageHeader><MedicalInstitutionCode>{}</MedicalInstitutionCode></MessageHeader>\
         <MessageBody><ReceptionNumber>{number}</ReceptionNumber></MessageBody></XmlMsg>",
        synthetic::samples::FACILITY
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn without_that_setting_nothing_is_asked_that_nobody_asked() {
    let mut link = Link::start().await;
    link.put("req/OQSmuquc01req_1.xml", sample(ORDER));
    let accepted = wait_for(&mut link, "res/OQSmuquc01res_1.xml").await;
    let number = reception_number(&accepted);
    link.later(60);
    assert_eq!(link.round().await.unwrap(), 0);
    assert_eq!(link.names("res"), ["OQSmuquc01res_1.xml"]);
    let asked = question(&number);
    // Each question has its own answer, until the result is there.
    for at in 0..500 {
        let name = format!("req/OQSmuquc02req_{at}.xml");
        link.put(&name, &asked);
        let result = format!("res/OQSmuquc02res_{at}.xml");
        let text = wait_for(&mut link, &result).await;
        if text.contains("<SegmentOfResult>1</") {
            return;
        }
        assert!(text.contains("<SegmentOfResult>2</"), "{text}");
    }
    panic!("the result never came");
}
