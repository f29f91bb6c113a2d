//! Sampling profiles as calls: one profile, or the difference of two.

use std::collections::HashMap;

use super::calls::{Calls, Heavy, Measure};
use super::reloaded::reloaded_url;
use crate::model::{CallFunction, CallTree, CancelToken, Cancelled};
use crate::profile::Profile;

/// Returns the calls of a profile.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn profile_calls(profile: &Profile, cancel: &CancelToken) -> Result<Calls, Cancelled> {
    let (functions, tree) = (profile.functions().to_vec(), profile.tree().clone());
    Calls::new(functions, tree, vec![Measure::Size], vec![profile.own_sizes().to_vec()], Heavy::EveryCall, cancel)
}

/// Merges the calls of two profiles into one tree. Functions are matched by name, script URL without query, and
/// position, since script ids differ between processes, and queries between loads.
///
/// # Errors
/// Returns [`Cancelled`] if the operation is cancelled.
pub fn compare_profiles(base: &Profile, current: &Profile, cancel: &CancelToken) -> Result<Calls, Cancelled> {
    let mut functions: Vec<CallFunction> = Vec::new();
    let mut places: HashMap<(String, String, Option<u32>, Option<u32>), u32> = HashMap::new();
    let mut renamed = |of: &Profile| -> Vec<u32> {
        let rename = |function: &CallFunction| {
            let url = reloaded_url(&function.url).unwrap_or(&function.url).to_owned();
            let key = (function.name.clone(), url, function.line, function.column);
            let next = u32::try_from(functions.len()).unwrap_or(u32::MAX);
            let index = *places.entry(key).or_insert(next);
            if index == next {
                functions.push(function.clone());
            }
            index
        };
        of.functions().iter().map(rename).collect()
    };
    // The later one first, so that its script ids are shown.
    let sides = [(current, renamed(current)), (base, renamed(base))];

    let (mut parents, mut node_functions) = (Vec::new(), Vec::new());
    let mut own = vec![Vec::new(), Vec::new()];
    // The node of each profile for a node of the merged tree, with its parent and function.
    let root_function = sides[0].1.first().copied().unwrap_or(0);
    let roots = sides.each_ref().map(|(of, _)| of.tree().children(None).collect::<Vec<u32>>());
    let mut stack = vec![(CallTree::NONE, root_function, roots)];
    while let Some((parent, function, nodes)) = stack.pop() {
        cancel.check_every(parents.len())?;
        let node = u32::try_from(parents.len()).unwrap_or(CallTree::NONE);
        parents.push(parent);
        node_functions.push(function);
        let mut children: Vec<(u32, [Vec<u32>; 2])> = Vec::new();
        let mut known: HashMap<u32, usize> = HashMap::new();
        for (side, (of, names)) in sides.iter().enumerate() {
            let bytes = nodes[side].iter().map(|&node| of.own_sizes()[node as usize]);
            // A file may contain any number.
            own[side].push(bytes.fold(0_u64, u64::saturating_add));
            for child in nodes[side].iter().flat_map(|&node| of.tree().children(Some(node))) {
                let function = names[of.tree().functions()[child as usize] as usize];
                let place = *known.entry(function).or_insert(children.len());
                if place == children.len() {
                    children.push((function, [Vec::new(), Vec::new()]));
                }
                children[place].1[side].push(child);
            }
        }
        // Last in, first out.
        stack.extend(children.into_iter().rev().map(|(function, nodes)| (node, function, nodes)));
    }
    let tree = CallTree::new(parents, node_functions);
    if functions.is_empty() {
        functions.push(CallFunction::default());
    }
    Calls::new(functions, tree, vec![Measure::Size, Measure::BaseSize], own, Heavy::EveryCall, cancel)
}
