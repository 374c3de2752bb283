//! What is wrong in a workbook, in the language of the interface. The reader's own sentence, which is
//! English and names everything, stands below it.

use crate::i18n::{Key, t, ta};
use crate::office::model::admin::SheetProblem;
use leptos::prelude::*;

/// The cell that says what is wrong.
pub fn words(problem: &SheetProblem, english: bool) -> AnyView {
    let own = problem.message.clone();
    let told = key(&problem.code).filter(|_| !english).map(|key| sentence(key, &problem.message));
    match told {
        None => own.into_any(),
        Some(told) => view! {
            {told}
            <br />
            <small class="meta" lang="en">
                {own}
            </small>
        }
        .into_any(),
    }
}

fn sentence(key: Key, message: &str) -> String {
    match about(message) {
        "" => t(key).replace(" „{what}“", ""),
        what => ta(key, &[("what", what)]),
    }
}

/// What a message is about: the first thing that it quotes, or the function that it names.
fn about(message: &str) -> &str {
    let quoted = message.split_once('\'').and_then(|(_, rest)| rest.split_once('\''));
    if let Some((what, _)) = quoted {
        return what.trim_start_matches("${").trim_end_matches('}');
    }
    if let Some((what, _)) = message.split_once("${").and_then(|(_, rest)| rest.split_once('}')) {
        return what;
    }
    message.split(' ').find_map(|word| word.strip_suffix("().")).unwrap_or_default()
}

/// The text for a rule of the reader; rules without one are told in its own words.
fn key(code: &str) -> Option<Key> {
    Some(match code {
        "workbook" => Key::ProblemWorkbook,
        "missing_sheet" => Key::ProblemMissingSheet,
        "missing_column" => Key::ProblemMissingColumn,
        "duplicate_column" => Key::ProblemDuplicateColumn,
        "unknown_column" => Key::ProblemUnknownColumn,
        "column_name" | "column_language" => Key::ProblemColumn,
        "settings" => Key::ProblemSettings,
        "name" => Key::ProblemName,
        "type" => Key::ProblemType,
        "unknown_type" => Key::ProblemUnknownType,
        "duplicate_name" | "duplicate_choice" => Key::ProblemDuplicateName,
        "similar_name" => Key::ProblemSimilarName,
        "label" | "repeat_label" | "choice_label" => Key::ProblemLabel,
        "choice_name" => Key::ProblemChoiceName,
        "unknown_list" | "file" => Key::ProblemList,
        "instance" => Key::ProblemInstance,
        "parameters" | "search" | "or_other" | "table_list" | "audit" => Key::ProblemParameters,
        "calculation" => Key::ProblemCalculation,
        "trigger" => Key::ProblemTrigger,
        "unknown_reference" => Key::ProblemUnknownReference,
        "expression" => Key::ProblemExpression,
        "unknown_function" => Key::ProblemUnknownFunction,
        "arguments" => Key::ProblemArguments,
        "pattern" => Key::ProblemPattern,
        "cycle" => Key::ProblemCycle,
        "across_repeats" => Key::ProblemAcrossRepeats,
        "never_true" => Key::ProblemNeverTrue,
        "entity" => Key::ProblemEntity,
        "unmatched_begin" | "unmatched_end" | "loop" => Key::ProblemUnmatched,
        _ => return None,
    })
}
