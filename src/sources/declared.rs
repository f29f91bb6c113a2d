//! Names of the functions and classes that start at a position.

use oxc_ast::AstKind;
use oxc_ast::ast::{AssignmentTarget, PropertyKey};
use oxc_semantic::{NodeId, Semantic};
use oxc_span::{GetSpan, Span};

/// A function or class, from its first word to its body.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Declared {
    start: usize,
    /// The offset of the body.
    end: usize,
    pub(super) name: String,
    /// The offset of the name.
    pub(super) name_at: usize,
}

/// Returns all functions and classes with a name. A constructor has the name of its class.
pub(super) fn declared(semantic: &Semantic<'_>) -> Vec<Declared> {
    let nodes = semantic.nodes();
    let all = nodes.iter().filter_map(|node| {
        let (end, own) = match node.kind() {
            AstKind::Function(of) => {
                let id = of.id.as_ref().map(|id| (id.name.to_string(), id.span));
                (of.body.as_ref()?.span.start, id)
            }
            AstKind::ArrowFunctionExpression(of) => (of.body.span().start, None),
            AstKind::Class(of) => (of.body.span.start + 1, of.id.as_ref().map(|id| (id.name.to_string(), id.span))),
            _ => return None,
        };
        let (start, given) = given_name(semantic, node.id());
        let (name, span) = own.or(given)?;
        Some(Declared { start: start as usize, end: end as usize, name, name_at: span.start as usize })
    });
    all.collect()
}

/// Returns the innermost function or class whose head, from its first word to its body, contains an offset.
pub(super) fn starting_at(declared: &[Declared], offset: usize) -> Option<&Declared> {
    let here = declared.iter().filter(|of| of.start <= offset && offset <= of.end);
    here.min_by_key(|of| (of.end - of.start, of.start))
}

/// Returns the start of the declaration around a function or class, and the name that the declaration gives it.
fn given_name(semantic: &Semantic<'_>, node: NodeId) -> (u32, Option<(String, Span)>) {
    let nodes = semantic.nodes();
    let own = nodes.kind(node).span().start;
    let key = |key: &PropertyKey<'_>| super::statements::key_name(key).map(|name| (name.into_owned(), key.span()));
    match nodes.parent_kind(node) {
        AstKind::MethodDefinition(method) if method.kind.is_constructor() => {
            let class = nodes.ancestor_ids(node).find(|&id| matches!(nodes.kind(id), AstKind::Class(_)));
            let name = class.and_then(|class| match nodes.kind(class) {
                AstKind::Class(of) if of.id.is_some() => of.id.as_ref().map(|id| (id.name.to_string(), id.span)),
                _ => given_name(semantic, class).1,
            });
            (method.span.start, name)
        }
        AstKind::MethodDefinition(method) => (method.span.start, key(&method.key)),
        AstKind::PropertyDefinition(field) => (field.span.start, key(&field.key)),
        AstKind::ObjectProperty(property) => (property.span.start, key(&property.key)),
        AstKind::VariableDeclarator(declarator) => {
            let id = declarator.id.get_binding_identifier();
            (declarator.span.start, id.map(|id| (id.name.to_string(), id.span)))
        }
        AstKind::AssignmentExpression(assignment) => {
            let name = match &assignment.left {
                AssignmentTarget::AssignmentTargetIdentifier(id) => Some((id.name.to_string(), id.span)),
                AssignmentTarget::StaticMemberExpression(member) => {
                    Some((member.property.name.to_string(), member.property.span))
                }
                _ => None,
            };
            (assignment.span.start, name)
        }
        AstKind::ExportNamedDeclaration(export) => (export.span.start, None),
        AstKind::ExportDefaultDeclaration(export) => (export.span.start, None),
        _ => (own, None),
    }
}
