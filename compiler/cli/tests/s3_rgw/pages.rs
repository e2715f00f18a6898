//! The sessions on the pages of codes, acted out.

use std::process::Command;

use thrice_diagnostics::{all_codes, explain};
use thrice_test_support::ceph::Rgw;

use super::common::session;
use super::{Stage, contended, forgetful, rule, theirs};

/// The bucket of all pages.
const BUCKET: &str = "shop-exports";

/// Makes a gateway, a policy and an environment such that the session of a page goes as shown; returns the URL
/// to ask.
fn situation(code: &str, stage: &Stage, command: &mut Command) -> String {
    let usual = stage.gateway.endpoint().to_owned();
    let edit = |from: &str, to: &str| {
        let text = stage.desk.text("shop/shop.thrice").replace(from, to);
        stage.desk.put("shop/shop.thrice", text.as_bytes());
    };
    match code {
        "T3101" | "T3103" => {}
        "T3102" => stage.put(vec![theirs()]),
        "T3104" => edit("versioning on;", "versioning on; lock compliance 7d;"),
        "T3105" => stage.upload("a", 600),
        "T3106" => {
            let abort = aws_sdk_s3::types::AbortIncompleteMultipartUpload::builder()
                .days_after_initiation(2)
                .build();
            let parts = rule("parts", "").abort_incomplete_multipart_upload(abort);
            stage.put(vec![parts.build().unwrap()]);
        }
        "T3107" => return "http://127.0.0.1:9".to_owned(),
        "T3108" => return format!("https://{}", stage.gateway.secure_authority()),
        "T3109" => drop(command.env("AWS_SECRET_ACCESS_KEY", "another")),
        "T3110" => stage.clear(),
        "T3111" => edit("supports lifecycle, ", "supports "),
        "T3112" => {
            stage.put(vec![theirs()]);
            return forgetful(stage.gateway).url;
        }
        "T3113" => {
            stage.put(vec![theirs()]);
            return contended(stage.gateway).url;
        }
        _ => panic!("{code}: nobody has said what its session needs"),
    }
    usual
}

#[test]
fn sessions_go_as_shown() {
    let gateway: &'static Rgw = Box::leak(Box::new(Rgw::start_secure()));
    let mut played = 0;
    for code in all_codes().filter(|code| code.0.starts_with("T31")) {
        let (words, answer) = session(explain(code).unwrap()).unwrap();
        let stage = Stage::at(gateway, BUCKET);
        let text = stage.desk.text("shop.thrice");
        stage.desk.put("shop/shop.thrice", text.as_bytes());
        stage.make();
        let mut command = stage.desk.thrice(&words);
        command.envs(gateway.environment());
        let url = situation(code.0, &stage, &mut command);
        command.args(["--as-of", "2026-06-01", "--endpoint-url", &url]);
        let output = command.output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        assert!(
            told.contains(answer),
            "{code}: the page shows\n{answer}\nand thrice says\n{told}"
        );
        let exit = match code.0 {
            "T3106" => 0,
            code if code < "T3106" => 1,
            _ => 2,
        };
        assert_eq!(output.status.code(), Some(exit), "{code}: {told}");
        stage.clear();
        played += 1;
    }
    assert_eq!(played, 13, "a page lost its session");
}
