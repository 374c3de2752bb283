//! Answers whose question the next version of a form has no more: they stay in everything that goes out.

use super::Outcome;
use super::phone::{FORM, change, enrol};
use server::export::name_attachments;
use server::testing::World;
use shared::attachment::AttachmentRef;
use shared::policy::Role;
use shared::record::{Edit, FieldPath, ValueKind};

/// The form without heating and without the last name of a member, and with a street.
fn next() -> String {
    let kept = FORM
        .lines()
        .filter(|line| !line.contains("heating") && !line.contains("m_last"))
        .collect::<Vec<_>>()
        .join("\n");
    kept.replace(
        "| | text | place | Place | |",
        "| | text | place | Place | |\n| | text | street | Street | |",
    )
    .replace("${heating} = 'yes' or . < 5", "")
}

#[tokio::test]
async fn answers_without_a_question_are_read_and_exported() -> Outcome {
    let world = World::new().await?;
    world.publish(FORM).await?;
    let admin = world.office("boss", Role::Administrator).await?;
    let reviewer = world.office("nino", Role::Reviewer).await?;
    let user = world.person(world.tenant, "luka", Role::Worker).await?;
    let mut phone = enrol(&world, &admin, user).await?;
    let (id, mut document, first) = phone.household("ბერიძე", "GE-1");
    let old = phone.version.clone();
    let roof = AttachmentRef::of("roof.webp", "image/webp", b"roof");
    let gone = FieldPath::top("animals");
    let edits = [
        Edit::set(
            FieldPath::in_item("members", "aaaaaaaaaa", "m_last"),
            "ბერიძე",
            ValueKind::Plain,
        ),
        Edit::set(FieldPath::top("roof"), roof.to_string(), ValueKind::Plain),
        Edit::AddItem { repeat: gone, item: "bbbbbbbbbb".into(), order: "a".into() },
        Edit::set(FieldPath::in_item("animals", "bbbbbbbbbb", "kind"), "cow", ValueKind::Plain),
    ];
    let more = change(id, &mut document, &edits, &old);
    phone.sync(&world, vec![first, more]).await?;

    // The next version, under which the record is then worked on.
    let published = world.publish(&next()).await?;
    assert!(
        published.form.by_key("heating").is_none() && published.form.by_key("street").is_some()
    );
    let street = [Edit::set(FieldPath::top("street"), "რუსთაველის 5", ValueKind::Plain)];
    let version = published.id.to_string();
    phone.sync(&world, vec![change(id, &mut document, &street, &version)]).await?;

    let mut tx = world.state.store.begin(world.tenant).await?;
    let page = tx.export_page(None, 10).await?;
    drop(tx);
    assert_eq!(page.len(), 1);
    let mut record = page[0].1.clone();
    let answers = &mut record["answers"];
    let named = name_attachments(answers);
    assert_eq!(named.len(), 1);
    assert_eq!((named[0].question.as_str(), &named[0].attachment), ("roof", &roof));
    let told = answers.to_string();
    for (place, value) in [
        ("/head", "ბერიძე"),
        ("/street", "რუსთაველის 5"),
        ("/heating", "yes"),
        ("/roof", "roof.webp"),
        ("/members/aaaaaaaaaa/m_first", "თეკლა"),
        ("/members/aaaaaaaaaa/m_last", "ბერიძე"),
        ("/animals/bbbbbbbbbb/kind", "cow"),
    ] {
        assert_eq!(
            answers.pointer(place).and_then(|found| found.as_str()),
            Some(value),
            "{place}: {told}"
        );
    }
    // The office has them too.
    let read = world.get(&format!("/api/records/{id}"), Some(&reviewer)).await.json().to_string();
    for value in ["რუსთაველის 5", "heating", "m_last", "cow", "roof.webp"] {
        assert!(read.contains(value), "{value}: {read}");
    }
    Ok(())
}
