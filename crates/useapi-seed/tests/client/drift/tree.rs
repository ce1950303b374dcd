//! JSON that can be changed in every way that its text allows.

use proptest::sample::Index;
use serde_json::{Value, json};

/// JSON whose objects keep their order and may have duplicate keys.
#[derive(Clone, Debug)]
pub(crate) enum Tree {
    Leaf(Value),
    List(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    pub(crate) fn text(&self) -> String {
        match self {
            Self::Leaf(value) => value.to_string(),
            Self::List(items) => {
                let items: Vec<_> = items.iter().map(Self::text).collect();
                format!("[{}]", items.join(","))
            }
            Self::Object(fields) => {
                let field =
                    |(key, tree): &(String, Self)| format!("{}:{}", json!(key), tree.text());
                let fields: Vec<_> = fields.iter().map(field).collect();
                format!("{{{}}}", fields.join(","))
            }
        }
    }

    /// The last value of a key, if this is an object.
    pub(crate) fn last(&self, key: &str) -> Option<&Self> {
        let Self::Object(fields) = self else {
            return None;
        };
        let mut fields = fields.iter().rev();
        fields.find(|(name, _)| name == key).map(|(_, tree)| tree)
    }

    /// The positions of all parts: the index at each level.
    pub(crate) fn positions(&self) -> Vec<Vec<usize>> {
        let parts: Vec<&Self> = match self {
            Self::Leaf(_) => Vec::new(),
            Self::List(items) => items.iter().collect(),
            Self::Object(fields) => fields.iter().map(|(_, tree)| tree).collect(),
        };
        let mut positions = Vec::new();
        for (index, part) in parts.into_iter().enumerate() {
            positions.push(vec![index]);
            let below = part.positions().into_iter();
            positions.extend(below.map(|below| [vec![index], below].concat()));
        }
        positions
    }

    pub(crate) fn change(&mut self, position: &[usize], change: &Change) {
        let (index, below) = position.split_first().unwrap();
        let part = match self {
            Self::Leaf(_) => panic!("no parts"),
            Self::List(items) => &mut items[*index],
            Self::Object(fields) => &mut fields[*index].1,
        };
        if !below.is_empty() {
            return part.change(below, change);
        }
        match (self, change) {
            (Self::Leaf(_), _) => {}
            (Self::List(items), Change::Remove) => drop(items.remove(*index)),
            (Self::List(items), Change::Put(tree)) => items[*index] = tree.clone(),
            (Self::List(items), Change::Add(_, tree)) => items.push(tree.clone()),
            (Self::List(items), Change::Duplicate(other, _)) => {
                let duplicate = other.clone().unwrap_or_else(|| items[*index].clone());
                items.push(duplicate);
            }
            (Self::List(items), Change::Reorder(by)) => reorder(items, *by),
            (Self::Object(fields), Change::Remove) => drop(fields.remove(*index)),
            (Self::Object(fields), Change::Put(tree)) => fields[*index].1 = tree.clone(),
            (Self::Object(fields), Change::Add(key, tree)) => {
                fields.push((key.clone(), tree.clone()));
            }
            (Self::Object(fields), Change::Duplicate(other, at)) => {
                let (key, tree) = fields[*index].clone();
                let at = at.index(fields.len() + 1);
                fields.insert(at, (key, other.clone().unwrap_or(tree)));
            }
            (Self::Object(fields), Change::Reorder(by)) => reorder(fields, *by),
        }
    }
}

fn reorder<T>(parts: &mut [T], by: usize) {
    // Any order will do that is the same for the same number.
    let mut turn = 0;
    parts.sort_by_cached_key(|_| {
        turn += 1;
        turn * by % 31
    });
}

impl From<Value> for Tree {
    fn from(value: Value) -> Self {
        match value {
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(fields) => Self::Object(
                fields
                    .into_iter()
                    .map(|(key, value)| (key, Self::from(value)))
                    .collect(),
            ),
            leaf => Self::Leaf(leaf),
        }
    }
}

/// A change at one position of a body.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    Remove,
    /// Another part beside the position.
    Add(String, Tree),
    /// Null, another type, or an unknown value.
    Put(Tree),
    /// A duplicate with the same or another value, anywhere beside the position.
    Duplicate(Option<Tree>, Index),
    /// The position and its siblings.
    Reorder(usize),
}
