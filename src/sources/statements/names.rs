//! Names of functions and classes in a syntax tree.

use std::borrow::Cow;

use oxc_ast::AstKind;
use oxc_ast::ast::{AssignmentTarget, Expression, PropertyKey};
use oxc_semantic::{NodeId, Semantic};
use oxc_span::{GetSpan, Span};

/// Returns the name of a property key; private names keep their `#`.
pub(in crate::sources) fn key_name<'a>(key: &PropertyKey<'a>) -> Option<Cow<'a, str>> {
    match key {
        PropertyKey::PrivateIdentifier(name) => Some(Cow::Owned(format!("#{}", name.name))),
        _ => key.static_name(),
    }
}

/// Returns the name of a field that an expression reads; private names keep their `#`.
pub(super) fn member_name<'a>(expression: &Expression<'a>) -> Option<Cow<'a, str>> {
    match expression {
        Expression::StaticMemberExpression(member) => Some(Cow::Borrowed(member.property.name.as_str())),
        Expression::ComputedMemberExpression(member) => {
            member.static_property_name().map(|name| Cow::Borrowed(name.as_str()))
        }
        Expression::PrivateFieldExpression(member) => Some(Cow::Owned(format!("#{}", member.field.name))),
        _ => None,
    }
}

/// Returns the object whose field an expression reads, and the position of the field's name.
pub(super) fn member_object<'e, 'a>(expression: &'e Expression<'a>) -> Option<(&'e Expression<'a>, Span)> {
    match expression {
        Expression::StaticMemberExpression(member) => Some((&member.object, member.property.span)),
        Expression::ComputedMemberExpression(member) => Some((&member.object, member.expression.span())),
        Expression::PrivateFieldExpression(member) => Some((&member.object, member.field.span)),
        _ => None,
    }
}

/// The functions and classes around a node.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Around {
    /// The names of classes, the innermost first.
    classes: Vec<String>,
    /// The names of functions, the innermost first. Before ES2015, a function is a class.
    functions: Vec<String>,
    /// The range of the innermost function; empty at the top level.
    pub(super) inside: (u32, u32),
    /// True if the innermost function creates the object: a constructor, or a function named like a class.
    pub(super) is_constructor: bool,
}

impl Around {
    pub(super) fn is_in(&self, class: &str) -> bool {
        self.classes.iter().chain(&self.functions).any(|of| of == class)
    }

    /// Returns the name of the function, such as `SessionCache.open`.
    pub(super) fn label(&self) -> Option<String> {
        // A callback without a name is known by the function around it.
        let function = self.functions.first()?;
        Some(self.classes.first().map_or_else(|| function.clone(), |class| format!("{class}.{function}")))
    }
}

/// Finds the functions and classes around a node.
pub(super) fn around(semantic: &Semantic<'_>, node: NodeId) -> Around {
    let nodes = semantic.nodes();
    let mut found = Around::default();
    let mut is_inside_function = false;
    for ancestor in nodes.ancestor_ids(node) {
        let kind = nodes.kind(ancestor);
        match kind {
            AstKind::Function(_) | AstKind::ArrowFunctionExpression(_) => {
                let (name, class) = function_name(semantic, ancestor);
                if !is_inside_function {
                    let span = kind.span();
                    found.inside = (span.start, span.end);
                    found.is_constructor = matches!(nodes.parent_kind(ancestor), AstKind::MethodDefinition(method) if method.kind.is_constructor());
                    is_inside_function = true;
                }
                found.functions.extend(name);
                found.classes.extend(class);
            }
            AstKind::Class(class) => {
                let own = class.id.as_ref().map(|id| id.name.to_string());
                found.classes.extend(own.or_else(|| declared_name(semantic, ancestor)));
            }
            _ => {}
        }
    }
    found
}

/// Returns the name of the innermost function around an offset.
pub(in crate::sources) fn function_at(semantic: &Semantic<'_>, offset: usize) -> Option<String> {
    let offset = u32::try_from(offset).ok()?;
    let nodes = semantic.nodes();
    let is_function = |kind: &AstKind<'_>| matches!(kind, AstKind::Function(_) | AstKind::ArrowFunctionExpression(_));
    let containing = nodes.iter().filter(|node| {
        let span = node.kind().span();
        is_function(&node.kind()) && span.start <= offset && offset < span.end
    });
    let innermost = containing.min_by_key(|node| node.kind().span().size())?.id();
    // A node inside the function has the function among its ancestors.
    let (name, class) = function_name(semantic, innermost);
    let mut found = around(semantic, innermost);
    found.functions.splice(0..0, name);
    found.classes.splice(0..0, class);
    found.label()
}

/// Returns the name of a function, and that of the class on whose prototype it is.
fn function_name(semantic: &Semantic<'_>, function: NodeId) -> (Option<String>, Option<String>) {
    let nodes = semantic.nodes();
    if let AstKind::Function(of) = nodes.kind(function)
        && let Some(id) = &of.id
    {
        return (Some(id.name.to_string()), None);
    }
    match nodes.parent_kind(function) {
        AstKind::MethodDefinition(method) => (key_name(&method.key).map(Cow::into_owned), None),
        AstKind::PropertyDefinition(field) => (key_name(&field.key).map(Cow::into_owned), None),
        AstKind::AssignmentExpression(assignment) => prototype_name(&assignment.left),
        _ => (declared_name(semantic, function), None),
    }
}

/// Returns the names of `Class.prototype.method` or `name`.
fn prototype_name(target: &AssignmentTarget<'_>) -> (Option<String>, Option<String>) {
    let Some(target) = target.as_simple_assignment_target() else { return (None, None) };
    if let Some(member) = target.as_member_expression() {
        let name = member.static_property_name().map(str::to_owned);
        let class = match member.object().get_inner_expression() {
            Expression::StaticMemberExpression(of) if of.property.name == "prototype" => {
                of.object.get_identifier_reference().map(|id| id.name.to_string())
            }
            _ => None,
        };
        return (name, class);
    }
    (target.get_identifier_name().map(str::to_owned), None)
}

/// Returns the name of the variable or property that is initialized with an expression.
fn declared_name(semantic: &Semantic<'_>, node: NodeId) -> Option<String> {
    match semantic.nodes().parent_kind(node) {
        AstKind::VariableDeclarator(declarator) => declarator.id.get_identifier_name().map(|name| name.to_string()),
        AstKind::ObjectProperty(property) => key_name(&property.key).map(Cow::into_owned),
        AstKind::AssignmentExpression(assignment) => prototype_name(&assignment.left).0,
        _ => None,
    }
}
