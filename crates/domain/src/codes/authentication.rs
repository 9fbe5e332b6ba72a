//! Codes of how a user proved who they are: factor (OQSCD041) and method (042, one table for each factor). Proves nothing.

use crate::codes::code_table;

code_table! {
    /// What the proof rests on (認証要素, OQSCD041).
    ///
    /// ```
    /// use domain::codes::authentication::Factor;
    /// assert_eq!(Factor::from_code("2"), Some(Factor::Body));
    /// ```
    Factor = 41, "認証要素" {
        Knowledge = "1", "記憶", "something known";
        Body = "2", "生体", "something of the body";
        Possession = "3", "物理", "something held";
    }
}

code_table! {
    /// A method by something known (認証方式（記憶）, OQSCD042).
    ///
    /// ```
    /// use domain::codes::authentication::ByKnowledge;
    /// assert_eq!(ByKnowledge::Pin.code(), "02");
    /// ```
    ByKnowledge = 42, "認証方式（記憶）" {
        Password = "01", "ID/PW", "ID and password";
        Pin = "02", "PIN", "PIN";
        SecretQuestion = "03", "秘密の質問", "secret question";
    }
}

code_table! {
    /// A method by something of the body (認証方式（生体）, OQSCD042).
    ///
    /// ```
    /// use domain::codes::authentication::ByBody;
    /// assert_eq!(ByBody::from_code("02"), Some(ByBody::Face));
    /// ```
    ByBody = 42, "認証方式（生体）" {
        Fingerprint = "01", "指紋", "fingerprint";
        Face = "02", "顔", "face";
        Voice = "03", "音声", "voice";
        Vein = "04", "静脈", "vein";
        Iris = "05", "虹彩", "iris";
    }
}

code_table! {
    /// A method by something held (認証方式（物理）, OQSCD042).
    ///
    /// ```
    /// use domain::codes::authentication::ByPossession;
    /// assert_eq!(ByPossession::Card.code(), "01");
    /// ```
    ByPossession = 42, "認証方式（物理）" {
        Card = "01", "ICカード", "chip card";
        OneTimePassword = "02", "OTP", "one-time password";
        Other = "03", "その他", "other";
    }
}
