//! By HTTPS, with an authority of one's own: however it is named, and never without.

use std::fs;
use std::path::Path;

use thrice_test_support::authority::Authority;
use thrice_test_support::ceph::Rgw;

use super::{SECRET, Stage, said};

/// A policy whose endpoint is that of the gateway, by HTTPS.
fn secure() -> Stage {
    let gateway: &'static Rgw = Box::leak(Box::new(Rgw::start_secure()));
    let stage = Stage::at(gateway, "by-https");
    stage.make();
    let text = stage.desk.text("shop.thrice");
    let text = text.replace("s3.example.org", &gateway.secure_authority());
    stage.desk.put("shop.thrice", text.as_bytes());
    stage
}

/// `thrice s3 drift` with these variables and words.
fn drift(stage: &Stage, variables: &[(&str, &Path)], words: &[&str]) -> (i32, String) {
    let mut command = stage
        .desk
        .thrice(&["s3", "drift", "shop.thrice", "--as-of", "2026-06-01"]);
    command.args(words).envs(variables.iter().copied());
    if !words.contains(&"--profile") {
        command.envs(stage.gateway.environment());
    }
    said(&command.output().unwrap())
}

#[test]
fn only_who_names_its_authority_trusts_a_gateway() {
    let stage = secure();
    let right = stage.gateway.authority();
    let elsewhere = stage.desk.path("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    let wrong = Authority::make(&elsewhere).unwrap().certificate();
    let [right_word, wrong_word] = [&right, &wrong].map(|path| path.to_str().unwrap());

    for (variables, words) in [
        (vec![], vec!["--ca-bundle", right_word]),
        (vec![("AWS_CA_BUNDLE", right.as_path())], vec![]),
        (vec![("SSL_CERT_FILE", right.as_path())], vec![]),
        // What is nearer to the command counts.
        (
            vec![("AWS_CA_BUNDLE", wrong.as_path())],
            vec!["--ca-bundle", right_word],
        ),
        (
            vec![
                ("AWS_CA_BUNDLE", right.as_path()),
                ("SSL_CERT_FILE", &wrong),
            ],
            vec![],
        ),
    ] {
        let (code, shown) = drift(&stage, &variables, &words);
        assert_eq!(
            (code, shown.contains("4 differences")),
            (1, true),
            "{variables:?}: {shown}"
        );
    }

    for (variables, words) in [
        (vec![], vec![]),
        (vec![], vec!["--ca-bundle", wrong_word]),
        (vec![("AWS_CA_BUNDLE", wrong.as_path())], vec![]),
        (vec![("SSL_CERT_FILE", wrong.as_path())], vec![]),
        (
            vec![("AWS_CA_BUNDLE", right.as_path())],
            vec!["--ca-bundle", wrong_word],
        ),
    ] {
        let (code, shown) = drift(&stage, &variables, &words);
        assert_eq!(code, 2, "{variables:?}: {shown}");
        let wanted =
            "its certificate is not trusted: no authority that is trusted here has signed it";
        assert!(
            shown.contains("error[T3108]") && shown.contains(wanted),
            "{variables:?}: {shown}"
        );
    }
}

#[test]
fn a_profile_names_the_authority_as_the_tools_of_aws_have_it() {
    let stage = secure();
    let profile = format!(
        "[shop-admin]\naws_access_key_id = testaccess\naws_secret_access_key = {SECRET}\nca_bundle = {}\n",
        stage.gateway.authority().display()
    );
    stage.desk.put("credentials", profile.as_bytes());
    let file = stage.desk.path("credentials");
    let variables = [("AWS_SHARED_CREDENTIALS_FILE", file.as_path())];
    let (code, shown) = drift(&stage, &variables, &["--profile", "shop-admin"]);
    assert_eq!(
        (code, shown.contains("4 differences")),
        (1, true),
        "{shown}"
    );
}

#[test]
fn what_is_no_certificate_is_told() {
    let stage = Stage::without_bucket("not-asked");
    for (name, text) in [
        ("empty", ""),
        (
            "key",
            "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        ),
        (
            "broken",
            "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        ),
        ("cut", "-----BEGIN CERTIFICATE-----\nAAAA\n"),
    ] {
        stage.desk.put(name, text.as_bytes());
        let (code, shown) = drift(&stage, &[], &["--ca-bundle", name]);
        assert_eq!(code, 2, "{shown}");
        let wanted = format!("the file that --ca-bundle names, `{name}`, ");
        assert!(
            shown.contains("error[T3108]") && shown.contains(&wanted),
            "{name}: {shown}"
        );
        assert!(!shown.contains("AAAA"), "{shown}");
    }
    let (code, shown) = drift(&stage, &[], &["--ca-bundle", "nowhere"]);
    let wanted = "`nowhere`, cannot be read: there is no such file";
    assert_eq!((code, shown.contains(wanted)), (2, true), "{shown}");
}
