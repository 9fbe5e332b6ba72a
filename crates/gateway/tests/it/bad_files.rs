//! Files nobody should have written: each comes back with what is wrong and what to do, or waits until it can be read.

use crate::link::{Link, request, sample};

/// A file that is rejected once it has settled; its `.err` names reason and remedy in both languages.
async fn check(content: &[u8], line: usize, ja: &str, en: &str) {
    let mut link = Link::start().await;
    link.put("req/OQSsiquc01req_1.xml", content);
    let mut done = link.round().await.unwrap();
    if done == 0 {
        assert_eq!(link.names("req"), ["OQSsiquc01req_1.xml"], "it waits");
        link.later(10);
        done = link.round().await.unwrap();
    }
    assert_eq!(done, 1, "{en}");
    let names = ["OQSsiquc01req_1.err", "OQSsiquc01req_1.xml"];
    assert_eq!(link.names("res"), names);
    assert_eq!(link.read("res/OQSsiquc01req_1.xml"), content);
    let told = link.text("res/OQSsiquc01req_1.err");
    for part in [
        &format!("line: {line}\r\n"),
        ja,
        en,
        "要素 / element:",
        "対処 / remedy:",
    ] {
        assert!(told.contains(part), "{told}");
    }
    assert!(link.names("req").is_empty() && link.names("work").is_empty());
    assert_eq!(link.round().await.unwrap(), 0, "it is rejected once");
}

fn with(from: &str, to: &str) -> Vec<u8> {
    let text = String::from_utf8(request()).unwrap();
    assert!(text.contains(from));
    text.replace(from, to).into_bytes()
}

#[tokio::test]
async fn an_empty_file_is_rejected() {
    check(b"", 1, "ファイルが空です", "the file is empty").await;
}

#[tokio::test]
async fn a_half_file_is_rejected() {
    let half = &request()[..300];
    check(half, 7, "途中で終わっています", "ends in the middle").await;
}

#[tokio::test]
async fn a_file_of_a_gigabyte_is_rejected_without_being_read() {
    let mut link = Link::start().await;
    let path = link.path("req/OQSsiquc01req_1.xml");
    std::fs::File::create(&path)
        .unwrap()
        .set_len(1 << 30)
        .unwrap();
    assert_eq!(link.round().await.unwrap(), 0);
    link.later(10);
    assert_eq!(link.round().await.unwrap(), 1);
    assert!(
        link.text("res/OQSsiquc01req_1.err")
            .contains("larger than its message may be")
    );
}

#[tokio::test]
async fn what_is_no_xml_is_rejected() {
    let (ja, en) = ("XMLとして正しくありません", "not well-formed XML");
    check(b"\n%PDF-1.7", 2, ja, en).await;
    check(b"<XmlMsg></b>", 1, ja, en).await;
}

#[tokio::test]
async fn a_doctype_and_an_entity_bomb_are_rejected() {
    let bomb = "<!DOCTYPE x [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;\">]>\n<XmlMsg>";
    check(
        &with("<XmlMsg>", bomb),
        2,
        "DOCTYPE は受け付けません",
        "a DOCTYPE is not accepted",
    )
    .await;
}

#[tokio::test]
async fn a_wrong_declared_encoding_is_rejected() {
    let wrong = with("encoding=\"UTF-8\"", "encoding=\"Shift_JIS\"");
    let broken = [wrong.as_slice(), b"\n\xFD\xFF"].concat();
    check(
        &broken,
        11,
        "内容が一致しません",
        "not of the declared encoding",
    )
    .await;
    let other = with("encoding=\"UTF-8\"", "encoding=\"EUC-JP\"");
    check(
        &other,
        1,
        "UTF-8 でも Shift_JIS でもありません",
        "neither UTF-8 nor Shift_JIS",
    )
    .await;
}

#[tokio::test]
async fn deep_nesting_is_rejected() {
    let deep = format!("<XmlMsg>{}", "<a>".repeat(100_000));
    check(deep.as_bytes(), 1, "入れ子が深すぎます", "nested too deep").await;
}

#[tokio::test]
async fn a_file_being_written_is_taken_when_it_is_whole() {
    let mut link = Link::start().await;
    let whole = request();
    for part in [100, 300, 500] {
        link.put("req/OQSsiquc01req_1.xml", &whole[..part]);
        assert_eq!(link.round().await.unwrap(), 0);
        // Slow, but it grows: nothing is rejected.
        link.later(9);
    }
    link.put("req/OQSsiquc01req_1.xml", &whole);
    assert_eq!(link.round().await.unwrap(), 1);
    assert_eq!(link.names("res"), ["OQSsiquc01res_1.xml"]);
}

#[tokio::test]
async fn a_file_that_vanishes_leaves_nothing_behind() {
    let mut link = Link::start().await;
    link.put("req/OQSsiquc01req_1.xml", "");
    assert_eq!(link.round().await.unwrap(), 0);
    std::fs::remove_file(link.path("req/OQSsiquc01req_1.xml")).unwrap();
    link.later(60);
    assert_eq!(link.round().await.unwrap(), 0);
    assert!(link.names("res").is_empty() && link.names("work").is_empty());
}

#[tokio::test]
async fn what_cannot_be_read_as_a_file_waits_and_holds_up_nothing() {
    let mut link = Link::start().await;
    // A folder and a link that leads nowhere: not readable for anybody, as a locked file is not for now.
    std::fs::create_dir(link.path("req/OQSsiquc01req_0.xml")).unwrap();
    std::os::unix::fs::symlink("/nowhere", link.path("req/OQSsiquc01req_1.xml")).unwrap();
    link.put("req/OQSsiquc01req_2.xml", request());
    assert_eq!(link.round().await.unwrap(), 1);
    link.later(60);
    assert_eq!(link.round().await.unwrap(), 0);
    assert_eq!(link.names("req").len(), 2);
    // Once it can be read it is answered.
    std::fs::remove_file(link.path("req/OQSsiquc01req_1.xml")).unwrap();
    link.put("req/OQSsiquc01req_1.xml", request());
    assert_eq!(link.round().await.unwrap(), 1);
}

#[tokio::test]
async fn other_files_are_left_alone() {
    let mut link = Link::start().await;
    let names = [
        ".receptionagent-1.tmp",
        "EPSsiPIR01req_1.xml",
        "OQSsiquc01req_1.txt",
        "OQSsiquc01req_1.xml.tmp",
        "Thumbs.db",
    ];
    for name in names {
        link.put(&format!("req/{name}"), "x");
    }
    for _ in 0..3 {
        assert_eq!(link.round().await.unwrap(), 0);
        link.later(60);
    }
    assert_eq!(link.names("req"), names);
    assert!(link.names("res").is_empty());
}

#[tokio::test]
async fn an_answerless_request_is_answered_as_abnormal() {
    let mut link = Link::start().await;
    link.put(
        "req/OQSsiquc01req_1.xml",
        sample("OQSsiquc01req_202611230005_abnormal.xml"),
    );
    assert_eq!(link.round().await.unwrap(), 1);
    assert!(
        link.text("res/OQSsiquc01res_1.xml")
            .contains("<SegmentOfResult>9<")
    );
}

#[tokio::test]
async fn a_message_of_this_system_that_nobody_knows_is_rejected_when_no_other_program_takes_it() {
    let mut link = Link::start().await;
    for name in ["OQSsiupd01req_1.xml", "OQSxxyyy09req_1.zip"] {
        link.put(&format!("req/{name}"), "<XmlMsg/>");
    }
    assert_eq!(link.round().await.unwrap(), 0, "it may be for another");
    link.later(10);
    assert_eq!(link.round().await.unwrap(), 2);
    for name in ["OQSsiupd01req_1", "OQSxxyyy09req_1"] {
        let told = link.text(&format!("res/{name}.err"));
        assert!(told.contains("is not supported") && told.contains("対応していません"));
    }
    assert_eq!(link.names("res").len(), 4, "each request is given back");
}

#[tokio::test]
async fn names_that_would_lead_elsewhere_are_left_alone() {
    let mut link = Link::start().await;
    let names = [
        "OQSsiquc01req_..\\..\\evil.xml",
        "OQSsiquc01req_C:evil.xml",
        "OQSsiquc01req_\u{7}.xml",
    ];
    for name in names {
        link.put(&format!("req/{name}"), request());
    }
    std::fs::write(link.path("req/..OQSsiquc01req_1.xml"), request()).unwrap();
    for _ in 0..2 {
        assert_eq!(link.round().await.unwrap(), 0);
        link.later(60);
    }
    assert_eq!(link.names("req").len(), 4);
    assert!(link.names("res").is_empty() && link.names("work").is_empty());
}
