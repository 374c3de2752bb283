//! The `entities` sheet: which container of the form each entity belongs to.
//!
//! A container (the form, a group or a repeat) holds at most one entity; an entity lives where its
//! `save_to` questions are, inside one repeat scope
//! (<https://getodk.github.io/xforms-spec/entities>).

use std::collections::{BTreeMap, BTreeSet};

use super::Problem;
use super::references::references;
use crate::model::{Form, Kind, Node, NodeId};

type Path = Vec<NodeId>;

struct Reference {
    path: Path,
    row: u32,
    saves: bool,
}

/// Row number of an entity, as the sheet shows it.
fn row_of(form: &Form, entity: usize) -> u32 {
    let row = form.entities.get(entity).and_then(|entity| entity.get("__row"));
    row.and_then(|row| row.parse().ok()).unwrap_or(entity as u32 + 2)
}

fn problem(message: impl Into<String>, row: u32, column: &str) -> Problem {
    Problem::new("entity", message, "entities").at(row, column)
}

/// Entities that have no place and are left out, as pyxform does.
pub fn homeless(form: &Form) -> Vec<Problem> {
    let message = "The entity names a question of a repeat, but what is saved to it is outside: it is left \
                   out. Save questions of the same repeat.";
    let lost = |entity: &usize| matches!(request(form, *entity), Ok(None));
    let rows = (0..form.entities.len()).filter(lost).map(|entity| row_of(form, entity));
    rows.map(|row| problem(message, row, "label")).collect()
}

/// Checks declarations and their places.
pub fn check(form: &Form) -> Vec<Problem> {
    let mut found = Vec::new();
    let mut names = BTreeSet::new();
    for at in 0..form.entities.len() {
        declaration(form, at, &mut names, &mut found);
    }
    let mut saved = BTreeMap::new();
    for node in &form.nodes {
        save_to(form, node, &mut found);
        found.extend(saved_twice(form, node, &mut saved));
    }
    if found.is_empty()
        && let Err(problem) = allocate(form)
    {
        found.push(problem);
    }
    found
}

fn declaration(form: &Form, at: usize, names: &mut BTreeSet<String>, found: &mut Vec<Problem>) {
    let entity = &form.entities[at];
    let row = row_of(form, at);
    let get = |key: &str| entity.get(key).map_or("", String::as_str);
    let list = get("list_name");
    if !names.insert(list.to_owned()) {
        found.push(problem("This list has an entity already.", row, "list_name"));
    }
    if list.starts_with("__") || list.contains('.') || !super::references::is_tag(list) {
        let message = "A list name begins with a letter and has no dots and no leading '__'.";
        found.push(problem(message, row, "list_name"));
    }
    let known = ["list_name", "label", "entity_id", "create_if", "update_if", "repeat", "__row"];
    for key in entity.keys().filter(|key| !known.contains(&key.as_str())) {
        found.push(problem("This column does not belong to entities.", row, key));
    }
    let (id, create, update) = (get("entity_id"), get("create_if"), get("update_if"));
    if id.is_empty() && !update.is_empty() {
        found.push(problem("update_if needs an entity_id.", row, "update_if"));
    }
    if !id.is_empty() && !create.is_empty() && update.is_empty() {
        found.push(problem(
            "With entity_id and create_if there must be an update_if.",
            row,
            "update_if",
        ));
    }
    if id.is_empty() && get("label").is_empty() {
        found.push(problem("A new entity needs a label.", row, "label"));
    }
}

fn save_to(form: &Form, node: &Node, found: &mut Vec<Problem>) {
    let Some(target) = node.attributes.get("save_to") else { return };
    let refuse = |message: &str| Problem::new("entity", message, "survey").at(node.row, "save_to");
    let (list, property) = target.split_once('#').unwrap_or(("", target));
    let nowhere = target.starts_with('#');
    let lower = property.to_lowercase();
    let reserved = matches!(lower.as_str(), "name" | "label") || lower.starts_with("__");
    if form.entities.is_empty() {
        found.push(refuse("save_to needs an 'entities' sheet."));
    } else if !matches!(node.kind, Kind::Question(_)) {
        found.push(refuse("Only a question can be saved to an entity."));
    } else if nowhere {
        found.push(refuse("Before # there must be the name of an entity list."));
    } else if list.is_empty() && form.entities.len() > 1 {
        found.push(refuse("There is more than one entity list. Write list#property."));
    } else if entity_named(form, list).is_none() {
        found.push(refuse("There is no entity list with this name."));
    } else if reserved || !super::references::is_tag(property) || property.contains('#') {
        found.push(refuse("This is not a name for a property: it begins with a letter, and 'name', 'label' and '__…' are reserved."));
    }
}

/// A property takes one answer; a loop comes by its row once per choice, which are so many answers.
fn saved_twice<'f>(
    form: &Form,
    node: &'f Node,
    saved: &mut BTreeMap<(Option<usize>, &'f str), u32>,
) -> Option<Problem> {
    let target = node.attributes.get("save_to")?;
    let (list, property) = target.split_once('#').unwrap_or(("", target));
    let other = saved.insert((entity_named(form, list), property), node.row)?;
    let message = std::format!("The answer of row {other} is saved to '{property}' already.");
    Some(Problem::new("entity", message, "survey").at(node.row, "save_to"))
}

/// The entity of a list; of the only one when nothing is named.
pub(crate) fn entity_named(form: &Form, list: &str) -> Option<usize> {
    let is = |entity: &BTreeMap<String, String>| {
        entity.get("list_name").is_some_and(|name| name == list)
    };
    if list.is_empty() { Some(0) } else { form.entities.iter().position(is) }
}

/// Containers above a node, the root first.
fn containers(form: &Form, id: NodeId) -> Path {
    let mut found = Path::new();
    let mut at = form.node(id).parent;
    while let Some(up) = at {
        found.push(up);
        at = form.node(up).parent;
    }
    found.reverse();
    found
}

/// The part of a path down to its innermost repeat (or the root).
fn scope<'a>(form: &Form, path: &'a [NodeId]) -> &'a [NodeId] {
    let last = path.iter().rposition(|id| form.node(*id).kind == Kind::Repeat).unwrap_or(0);
    &path[..=last]
}

fn depth(form: &Form, path: &[NodeId]) -> (usize, usize) {
    let repeats = path.iter().filter(|id| form.node(**id).kind == Kind::Repeat).count();
    (repeats, path.len() - scope(form, path).len())
}

fn references_of(form: &Form, entity: usize) -> Vec<Reference> {
    let row = &form.entities[entity];
    let mut named = BTreeSet::new();
    for key in ["entity_id", "create_if", "update_if", "label"] {
        named.extend(row.get(key).and_then(|text| references(text).ok()).into_iter().flatten());
    }
    let mut found = Vec::new();
    for id in form.ids().skip(1) {
        let node = form.node(id);
        let saves = node.attributes.get("save_to").is_some_and(|target| {
            entity_named(form, target.split_once('#').map_or("", |(list, _)| list)) == Some(entity)
        });
        if saves {
            found.push(Reference { path: containers(form, id), row: node.row, saves });
        }
        if named.contains(node.name.as_str()) {
            found.push(Reference { path: containers(form, id), row: node.row, saves: false });
        }
    }
    found
}

struct Request {
    entity: usize,
    scope: Path,
    wanted: Path,
    saves: Vec<Path>,
}

/// Where an entity wants to be; `None` for one that names a question of a repeat while what is saved to it is
/// outside: there is no one place for it.
fn request(form: &Form, entity: usize) -> Result<Option<Request>, Problem> {
    let references = references_of(form, entity);
    let root = vec![NodeId::ROOT];
    let deepest =
        references.iter().map(|found| scope(form, &found.path)).fold(&root[..], |best, next| {
            if depth(form, next).0 > depth(form, best).0 { next } else { best }
        });
    for found in &references {
        if !deepest.starts_with(scope(form, &found.path)) {
            let message = "The entity and this question are in different repeats. Copy one value into the \
                           repeat of the other with a calculate question.";
            return Err(if found.saves {
                Problem::new("entity", message, "survey").at(found.row, "save_to")
            } else {
                problem(message, row_of(form, entity), "label")
            });
        }
    }
    let saves: Vec<Path> =
        references.iter().filter(|found| found.saves).map(|found| found.path.clone()).collect();
    let wanted = match saves.split_first() {
        Some((first, others)) => {
            let mut common = first.as_slice();
            for other in others {
                let same = common.iter().zip(other).take_while(|(a, b)| a == b).count();
                common = &common[..same];
            }
            let scopes = saves.iter().map(|path| scope(form, path));
            let innermost = scopes.max_by_key(|path| depth(form, path)).unwrap_or(&root);
            let best =
                if depth(form, innermost) > depth(form, common) { innermost } else { common };
            best.to_vec()
        }
        None => {
            let inside = references
                .iter()
                .map(|found| &found.path)
                .filter(|path| scope(form, path) == deepest);
            inside.max_by_key(|path| depth(form, path)).unwrap_or(&root).clone()
        }
    };
    if wanted.len() < deepest.len() {
        return Ok(None);
    }
    for found in references.iter().filter(|found| found.saves) {
        if scope(form, &wanted) != scope(form, &found.path) {
            let message = "All questions saved to one entity must be in the same repeat.";
            return Err(Problem::new("entity", message, "survey").at(found.row, "save_to"));
        }
    }
    Ok(Some(Request { entity, scope: deepest.to_vec(), wanted, saves }))
}

/// Gives each entity a container, as deep as its references ask and as high as its scope allows.
fn allocate(form: &Form) -> Result<BTreeMap<NodeId, usize>, Problem> {
    let requests: Vec<Option<Request>> =
        (0..form.entities.len()).map(|entity| request(form, entity)).collect::<Result<_, _>>()?;
    let requests: Vec<Request> = requests.into_iter().flatten().collect();
    if let [only] = requests.as_slice()
        && only.scope.len() == 1
    {
        return Ok(BTreeMap::from([(NodeId::ROOT, 0)]));
    }
    let mut taken: BTreeMap<NodeId, usize> = BTreeMap::new();
    let mut reserved: BTreeMap<NodeId, usize> = BTreeMap::new();
    for request in &requests {
        let leaf = |path: &Path| path.last().copied().unwrap_or(NodeId::ROOT);
        let mut placed = false;
        for length in (request.scope.len()..=request.wanted.len()).rev() {
            let here = request.wanted[length - 1];
            if reserved.contains_key(&here) {
                if request.saves.iter().any(|path| reserved.contains_key(&leaf(path))) {
                    break;
                }
                continue;
            }
            taken.insert(here, request.entity);
            reserved.insert(here, request.entity);
            for id in request.saves.iter().flat_map(|path| &path[length - 1..]) {
                reserved.insert(*id, request.entity);
            }
            placed = true;
            break;
        }
        if !placed {
            let message = "Another entity takes this group or repeat already. Put the questions of each \
                           entity into a group of their own.";
            return Err(problem(message, row_of(form, request.entity), "list_name"));
        }
    }
    Ok(taken)
}

/// Container → entity, for a form whose entities are in order.
pub fn places(form: &Form) -> BTreeMap<NodeId, usize> {
    allocate(form).unwrap_or_default()
}
