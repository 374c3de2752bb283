//! What stands in the XForm XML, fragment by fragment. ODK Validate judges the whole: see
//! `compare/validate.py`, and `compare/xform.py` for the same sheets through pyxform.

use form::read::from_markdown;
use form::write::to_xform;

/// A form of one survey table (header and rows, `/` between cells), its choices and settings.
fn xform(survey: &str, choices: &str, settings: &str) -> String {
    let sheet = |name: &str, text: &str| {
        let row = |line: &str| std::format!("| | {} |\n", line.replace(" / ", " | "));
        match text {
            "" => String::new(),
            _ => std::format!("| {name} |\n") + &text.lines().map(row).collect::<String>(),
        }
    };
    let text = sheet("survey", survey) + &sheet("choices", choices) + &sheet("settings", settings);
    let compiled = from_markdown(&text);
    assert_eq!(compiled.errors, [], "{text}");
    to_xform(&compiled.form.expect("a form"))
}

#[track_caller]
fn holds(xml: &str, fragments: &[&str]) {
    for fragment in fragments {
        assert!(xml.contains(fragment), "{fragment} is not in\n{xml}");
    }
}

const YES_NO: &str = "list_name / name / label\nyn / y / Yes\nyn / n / No";

#[test]
fn questions() {
    let one = "type / name / label / ";
    let table: &[(&str, &[&str])] = &[
        // The record saved last is an instance of its own, also for a question in a repeat.
        (
            "default\ntext / a / A / \ninteger / b / B / ${last-saved#a} + 1",
            &[
                "<instance id=\"__last-saved\" src=\"jr://instance/last-saved\"/>",
                "value=\"instance('__last-saved')/data/a + 1\"",
            ],
        ),
        (
            "default\nbegin repeat / r / R / \ntext / a / A / ${last-saved#a}\nend repeat /  /  / ",
            &["value=\"instance('__last-saved')/data/r/a\"", "<instance id=\"__last-saved\""],
        ),
        // Places and sounds that are taken by themselves.
        (
            "trigger\ntext / t / T / \nbackground-geopoint / g /  / ${t}",
            &["<odk:setgeopoint ref=\"/data/g\" event=\"xforms-value-changed\"/>"],
        ),
        (
            "trigger\nstart-geopoint / g /  / \nnote / n / N / ",
            &["<odk:setgeopoint ref=\"/data/g\" event=\"odk-instance-first-load\"/>"],
        ),
        (
            "parameters\nbackground-audio / s /  / quality=low\nnote / n / N / ",
            &["<odk:recordaudio ref=\"/data/s\" event=\"odk-instance-load\" odk:quality=\"low\"/>"],
        ),
        // A message that names an answer goes through itext.
        (
            "constraint / constraint_message\ninteger / a / A /  / \n\
             integer / b / B / . > ${a} / More than ${a}, please.",
            &[
                "jr:constraintMsg=\"jr:itext('/data/b:jr:constraintMsg')\"",
                "<translation lang=\"default\" default=\"true()\">",
                "<value>More than <output value=\" /data/a \"/>, please.</value>",
            ],
        ),
        (
            "required / required_message\ntext / a / A /  / \ntext / b / B / yes / Because of ${a}",
            &[
                "jr:requiredMsg=\"jr:itext('/data/b:jr:requiredMsg')\"",
                "<text id=\"/data/b:jr:requiredMsg\">",
            ],
        ),
        (
            "constraint / constraint_message\ninteger / a / A / . > 1 / More than 1.",
            &["jr:constraintMsg=\"More than 1.\""],
        ),
        ("default\nimage / a / A / x.png", &["<a>jr://images/x.png</a>"]),
        (
            "readonly\nnote / a / A / no",
            &["<bind nodeset=\"/data/a\" type=\"string\" readonly=\"false()\"/>"],
        ),
        ("readonly\nnote / a / A / ", &["readonly=\"true()\""]),
        // Columns that are attributes.
        (
            "instance::odk:tag / bind::odk:length / body::accuracyThreshold\ntext / a / A / x / 3 / 10",
            &[
                "<a odk:tag=\"x\"/>",
                "odk:length=\"3\"",
                "<input ref=\"/data/a\" accuracyThreshold=\"10\">",
            ],
        ),
        (
            "instance::odk:tag\ninteger / i / I / \nbegin group / g / G / ${i}\ntext / a / A / \nend group /  /  / ",
            &["<g odk:tag=\"/data/i\">"],
        ),
        (
            "body::foo / intent\nbegin group / g / G / bar / ex:org.app(a=1)\ntext / a / A /  / \nend group /  /  /  / ",
            &["<group ref=\"/data/g\" intent=\"ex:org.app(a=1)\" foo=\"bar\">"],
        ),
        (
            "body::foo / bind::jr:preload\nbegin repeat / r / R / bar / \ntext / a / A /  / uid\nend repeat /  /  /  / ",
            &["<repeat nodeset=\"/data/r\" foo=\"bar\">", "type=\"string\" jr:preload=\"uid\"/>"],
        ),
        // Parameters that are attributes.
        (
            "parameters\nimage / a / A / max-pixels=640 app=org.app",
            &["orx:max-pixels=\"640\"", "intent=\"org.app\""],
        ),
        (
            "parameters\naudio / a / A / quality=voice-only",
            &["type=\"binary\" odk:quality=\"voice-only\""],
        ),
        (
            "parameters\ngeopoint / a / A / allow-mock-accuracy=true",
            &["odk:allow-mock-accuracy=\"true\""],
        ),
        (
            "parameters\ngeotrace / a / A / allow-mock-accuracy=false incremental=yes",
            &["odk:allow-mock-accuracy=\"false\"", "incremental=\"true\""],
        ),
        (
            "parameters\nrange / a / A / start=0 end=10 step=1 tick_interval=2 placeholder=4",
            &["start=\"0\" end=\"10\" step=\"1\" odk:tick-interval=\"2\" odk:placeholder=\"4\""],
        ),
        // Defaults that are computed: once for the form, once for each new item, there in its repeat.
        (
            "default\nbegin repeat / r / R / \ndate / d / D / today()\nend repeat /  /  / ",
            &[
                "<setvalue ref=\"/data/r/d\" event=\"odk-instance-first-load\" value=\"today()\"/>",
                "<setvalue ref=\"/data/r/d\" event=\"odk-new-repeat\" value=\"today()\"/>\n      </repeat>",
            ],
        ),
        (
            "calculation\ncalculate / a /  / concat('x', ${instanceID})",
            &["calculate=\"concat('x', /data/meta/instanceID)\""],
        ),
    ];
    for (survey, fragments) in table {
        holds(&xform(&[one, survey].concat(), "", ""), fragments);
    }
}

#[test]
fn nothing_is_blanked_that_the_device_fills() {
    let survey = "type / name / label / trigger / parameters\ntext / t / T /  / \n\
                  background-geopoint / g /  / ${t} / \nstart-geopoint / s /  /  / \n\
                  background-audio / b /  /  / quality=low";
    assert!(!xform(survey, "", "").contains("<setvalue"));
}

#[test]
fn choices() {
    let of = |appearance: &str, parameters: &str| {
        let survey = std::format!(
            "type / name / label / appearance / parameters\n{parameters} / a / A / {appearance} / "
        );
        xform(&survey, YES_NO, "")
    };
    let searched = of("minimal search('people')", "select_one yn");
    holds(
        &searched,
        &["<item>\n        <label>Yes</label>\n        <value>y</value>\n      </item>"],
    );
    assert!(!searched.contains("itemset") && !searched.contains("<instance id=\"yn\""));
    holds(&of("minimal", "select_one yn"), &["<itemset nodeset=\"instance('yn')/root/item\">"]);

    let marks =
        "type / name / label / parameters\nrange / a / A / start=1 end=2 tick_labelset=marks";
    let list = "list_name / name / label\nmarks / 1 / Low\nmarks / 2 / High";
    holds(
        &xform(marks, list, ""),
        &["<itemset nodeset=\"instance('marks')/root/item\">", "<instance id=\"marks\">"],
    );
    let places = "type / name / label / parameters\nbegin repeat / r / R / \ngeopoint / geometry / P / \n\
                  end repeat /  /  / \ngeopoint / b / B / reference-geometry=${r}";
    holds(&xform(places, "", ""), &["<itemset nodeset=\"/data/r[./geometry != '']\">"]);
}

#[test]
fn settings() {
    let one = "type / name / label\ntext / a / A";
    let table: &[(&str, &[&str])] = &[
        (
            "submission_url / public_key / auto_send / auto_delete / client_editable\n\
             https://a.example/s / MIIB / true / false / yes",
            &[
                "<submission action=\"https://a.example/s\" method=\"post\" base64RsaPublicKey=\"MIIB\" \
               orx:auto-send=\"true\" orx:auto-delete=\"false\" odk:client-editable=\"true\"/>",
            ],
        ),
        (
            "namespaces / attribute::esri:version\nesri=\"http://esri.example/x\" / 7",
            &["xmlns:esri=\"http://esri.example/x\"", "<data esri:version=\"7\" id=\"data\">"],
        ),
        (
            "form_id / instance_xmlns / prefix / delimiter\nf / http://example.org/f / P / +",
            &[
                "<data id=\"f\" xmlns=\"http://example.org/f\" odk:prefix=\"P\" odk:delimiter=\"+\">",
            ],
        ),
        ("instance_id\nuuid", &["jr:preload=\"uuid\"/>"]),
    ];
    for (settings, fragments) in table {
        holds(&xform(one, "", settings), fragments);
    }
    let without = xform(one, "", "omit_instanceID\nyes");
    assert!(!without.contains("instanceID") && !without.contains("<submission"));
    // A prefix that nothing declares would make the document unreadable.
    assert!(!xform(one, "", "attribute::foo:bar\nx").contains("foo:bar"));
}

#[test]
fn texts_without_a_language_stay_beside_a_translation() {
    let survey = "type / name / label / label::English (en)\ntext / a / ტექსტი / Text";
    holds(
        &xform(survey, "", ""),
        &[
            "<translation lang=\"default\" default=\"true()\">",
            "<value>ტექსტი</value>",
            "<translation lang=\"English (en)\">",
        ],
    );
}

#[test]
fn expressions_inside_texts() {
    let survey = "type / name / label\nselect_one yn / q / Q\n\
                  note / n / instance('yn')/root/item[name = ${q}]/label, and ${} stays\n\
                  note / m / For instance (a < b)";
    holds(
        &xform(survey, YES_NO, ""),
        &[
            "<label><output value=\"instance('yn')/root/item[name = /data/q]/label\"/>, and ${} stays</label>",
            "<label>For instance (a &lt; b)</label>",
        ],
    );
}

#[test]
fn an_entity_that_is_updated_says_of_which_version() {
    let text = "| survey |\n| | type | name | label |\n| | begin repeat | r | R |\n| | text | a | A |\n\
                | | end repeat | | |\n| | csv-external | e | |\n\
                | entities |\n| | list_name | entity_id |\n| | e | ${a} |\n";
    let xml = to_xform(&from_markdown(text).form.expect("a form"));
    let item = "instance('e')/root/item[name=current()/../../../a]";
    holds(
        &xml,
        &[
            "update=\"1\" baseVersion=\"\" trunkVersion=\"\" branchId=\"\"",
            &std::format!(
                "/data/r/meta/entity/@baseVersion\" type=\"string\" readonly=\"true()\" calculate=\"{item}/__version\""
            ),
            &std::format!("calculate=\"{item}/__trunkVersion\""),
            &std::format!("calculate=\"{item}/__branchId\""),
        ],
    );
}

#[test]
fn entities() {
    let text = "| survey |\n| | type | name | label | save_to |\n| | begin repeat | r | R | |\n\
                | | text | a | A | people#first |\n| | end repeat | | | |\n\
                | entities |\n| | list_name | label |\n| | people | ${a} |\n";
    let xml = to_xform(&from_markdown(text).form.expect("a form"));
    let id = "ref=\"/data/r/meta/entity/@id\"";
    holds(
        &xml,
        &[
            "entities:saveto=\"first\"",
            &std::format!("<setvalue {id} event=\"odk-instance-first-load\" value=\"uuid()\"/>"),
            &std::format!(
                "<setvalue {id} event=\"odk-new-repeat\" value=\"uuid()\"/>\n      </repeat>"
            ),
        ],
    );
}
