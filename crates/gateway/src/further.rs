//! What the link app asks by itself after an answer (`poll_bulk`): the result of a bulk order whose reception number it carried. Asks
//! nothing itself, and keeps nothing beside the files.

use exchange::answer::Answer;
use exchange::request::Request;
use exchange::tables::bulk::{Accepted, PlainHeader, ResultRequest, ResultRequestBody};

use crate::lane::Further;
use crate::names::Name;
use crate::spelling::{Read, Spelling};

/// `SegmentOfResult` of a result that is still being made.
const UNDER_WAY: &str = "2";

/// The request for the result of what was accepted; nothing where nothing was, or where the answer is of another kind.
pub(crate) fn of(
    name: &Name,
    answer: &Answer,
    read: &Read,
    spelling: &Spelling,
) -> Option<Further> {
    let accepted = match answer {
        Answer::BulkCheck(it)
        | Answer::BulkReferenceNumbers(it)
        | Answer::MedicalAidList(it)
        | Answer::HomeVisitList(it)
        | Answer::OnlineList(it) => it,
        Answer::SingleCheck(_)
        | Answer::ReferenceNumber(_)
        | Answer::BulkCheckResult(_)
        | Answer::BulkReferenceNumbersResult(_)
        | Answer::MedicalAidListResult(_)
        | Answer::HomeVisitListResult(_)
        | Answer::OnlineListResult(_)
        | Answer::Drugs(_)
        | Answer::Checkups(_) => return None,
    };
    let asked = asked(accepted)?;
    let request = match answer {
        Answer::BulkCheck(_) => Request::BulkCheckResult(asked),
        Answer::BulkReferenceNumbers(_) => Request::BulkReferenceNumbersResult(asked),
        Answer::MedicalAidList(_) => Request::MedicalAidListResult(asked),
        Answer::HomeVisitList(_) => Request::HomeVisitListResult(asked),
        _ => Request::OnlineListResult(asked),
    };
    let name = name.of_message(request.message())?;
    spelling.spell_request(&name, &request, read)
}

fn asked(accepted: &Accepted) -> Option<ResultRequest> {
    let number = accepted.body.reception_number.clone()?;
    Some(ResultRequest {
        header: PlainHeader {
            institution_code: accepted.header.institution_code.clone(),
            file_identifier: accepted.header.file_identifier.clone(),
        },
        body: ResultRequestBody {
            reception_number: Some(number),
        },
    })
}

/// True for the answer that says that the result is still being made.
pub(crate) fn is_under_way(answer: &Answer) -> bool {
    let segment = match answer {
        Answer::BulkCheckResult(it)
        | Answer::MedicalAidListResult(it)
        | Answer::HomeVisitListResult(it)
        | Answer::OnlineListResult(it) => &it.header.segment,
        Answer::BulkReferenceNumbersResult(it) => &it.header.segment,
        Answer::SingleCheck(_)
        | Answer::ReferenceNumber(_)
        | Answer::BulkCheck(_)
        | Answer::BulkReferenceNumbers(_)
        | Answer::MedicalAidList(_)
        | Answer::HomeVisitList(_)
        | Answer::OnlineList(_)
        | Answer::Drugs(_)
        | Answer::Checkups(_) => return false,
    };
    segment.as_deref() == Some(UNDER_WAY)
}

#[cfg(test)]
mod tests {
    use exchange::encoding::Encoding;

    use super::*;
    use crate::config::FolderPair;
    use crate::zipped::{AnswerCipher, Cipher, Zip};

    #[test]
    fn an_own_request_is_one_that_the_folders_settings_take() {
        let pair = FolderPair::new("receipt", "q".into(), "s".into(), "w".into());
        let in_zips = |prefix: &str| {
            let zip = Zip::new(
                vec![prefix.into()],
                b"himitsu".to_vec().into(),
                AnswerCipher::Request,
            );
            Spelling::of(&pair).with_zip(zip)
        };
        let mut asked = ResultRequest::default();
        // One of Windows' own characters, which the standard's encoder does not know.
        asked.header.file_identifier = Some("\u{E000}".into());
        for (spelling, sent, cipher) in [
            (
                in_zips("OQSmuquc"),
                "OQSmuquc01req_1.zip",
                Some(Cipher::Aes256),
            ),
            (
                in_zips("OQSmuquc01"),
                "OQSmuquc01req_1.zip",
                Some(Cipher::Aes256),
            ),
            (in_zips("OQSmuquc02"), "OQSmuquc01req_1.xml", None),
            (Spelling::of(&pair), "OQSmuquc01req_1.xml", None),
        ] {
            let request = Request::BulkCheckResult(asked.clone());
            let read = Read {
                request: request.clone(),
                encoding: Encoding::ShiftJis,
                cipher,
            };
            let name = Name::parse(sent)
                .unwrap()
                .of_message(request.message())
                .unwrap();
            let own = spelling.spell_request(&name, &request, &read).unwrap();
            let read = spelling.read(&own.name, &own.bytes).unwrap();
            assert!(read.request == request, "{sent}");
        }
    }
}
