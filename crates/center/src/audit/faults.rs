//! What a verification of the audit chain finds, in Japanese; the store's own texts are the English ones. Verifies nothing.

use store::audit::verify::Fault;

/// What is wrong and where.
#[must_use]
pub fn in_japanese(fault: &Fault) -> String {
    match fault {
        Fault::Changed { chain, seq } => {
            format!("鎖 {chain} の {seq} 番目の記録：書き込まれた後に変更されています")
        }
        Fault::Missing { chain, seq } => {
            format!("鎖 {chain}：{seq} 番目の記録の前の記録がありません")
        }
        Fault::Inserted { chain, seq } => {
            format!("鎖 {chain} の {seq} 番目の記録：前の記録につながっていません")
        }
        Fault::Cut {
            chain,
            seq,
            seen,
            at,
        } => format!(
            "鎖 {chain}：{seq} 番目より後の記録がありません。{}（日本時間）のチェックポイントでは {seen} 番目までありました",
            at.to_second_in_japan()
        ),
        Fault::Fork { chain, seq, at } => format!(
            "鎖 {chain} の {seq} 番目の記録：{}（日本時間）のチェックポイントにある記録と違います",
            at.to_second_in_japan()
        ),
        Fault::Outside { line } => format!(
            "外部に保管したチェックポイントの {line} 行目はチェックポイントではありません。途中で切れたか、変更されています。ほかの行はすべて検証に使いました"
        ),
        Fault::Checkpoint { at } => format!(
            "{}（日本時間）のチェックポイント：署名が正しくありません",
            at.to_second_in_japan()
        ),
        Fault::Record { chain, seq } => format!(
            "鎖 {chain} の {seq} 番目の記録：その確認・同意・閲覧・同意取消の内容がないか、変更されています"
        ),
        Fault::LetGo { month, told, count } => format!(
            "{month} の確認は監査記録に {count} 件ありますが、期限で消したのは {told} 件とされています"
        ),
        Fault::UnvouchedLooks { count } => {
            format!("診療・薬剤情報等の閲覧のうち {count} 件が監査記録にありません")
        }
        Fault::UnvouchedWithdrawals { count } => {
            format!("同意取消のうち {count} 件が監査記録にありません")
        }
        Fault::UnvouchedCards { count } => {
            format!("質問を終えたカードによる確認のうち {count} 件が監査記録にありません")
        }
        Fault::UnvouchedAnswers { count } => {
            format!("質問への患者の回答のうち {count} 件が監査記録にありません")
        }
        Fault::UnvouchedOpenings { count } => format!(
            "同意も緊急時の利用も監査記録にないのに、施設で閲覧できる状態の医療情報が {count} 種類あります"
        ),
        Fault::Unvouched { count } => {
            format!("資格確認のうち {count} 件が監査記録にありません")
        }
    }
}

/// The same in both languages.
#[must_use]
pub fn in_both(fault: &Fault) -> String {
    format!("{} / {fault}", in_japanese(fault))
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::civil_date::Instant;

    #[test]
    fn a_fault_says_in_both_languages_where_it_is() {
        let fault = Fault::Cut {
            chain: "01ab".into(),
            seq: 41,
            seen: 57,
            at: Instant::from_micros(2_000_000),
        };
        let both = in_both(&fault);
        let (ja, en) = both.split_once(" / ").unwrap();
        for place in ["01ab", "41", "57"] {
            assert!(ja.contains(place) && en.contains(place), "{both}");
        }
        assert!(ja.contains("1970-01-01 09:00:02") && en.starts_with("chain 01ab: cut"));
    }
}
