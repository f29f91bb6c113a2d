//! Finds the statements of one holder in one syntax tree.

use oxc_ast::AstKind;
use oxc_ast::ast::{
    Argument, AssignmentExpression, AssignmentTarget, CallExpression, Expression, MemberExpression, ObjectExpression,
    ObjectPropertyKind,
};
use oxc_semantic::{NodeId, Semantic};
use oxc_span::{GetSpan, Span};
use oxc_syntax::operator::AssignmentOperator;

use super::names::{Around, around, key_name, member_name, member_object};
use super::reach::{Reach, Resolver};
use super::{HolderKind, Made, Sought, What};

/// Methods that add to a collection, a stream or a registry.
const ADDING: &[&str] =
    &["add", "append", "enqueue", "insert", "prepend", "push", "put", "register", "set", "splice", "unshift", "write"];
/// Methods that add a reaction to a promise.
const REACTIONS: &[&str] = &["catch", "finally", "then"];
/// Functions of `Promise` that add a reaction to each promise of a list.
const COMBINATORS: &[&str] = &["all", "allSettled", "any", "race"];
/// Methods that register a listener.
const LISTENING: &[&str] =
    &["addEventListener", "addListener", "on", "once", "prependListener", "prependOnceListener", "subscribe"];
/// Functions that write to their first argument.
const WRITING: &[&str] = &["assign", "defineProperties", "defineProperty"];

/// A statement at a byte offset.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Hit {
    pub(super) what: What,
    pub(super) offset: usize,
    pub(super) function: Option<String>,
    pub(super) score: i32,
    pub(super) inside: (u32, u32),
}

/// Finds the statements of a holder. The places are the offsets of a function or class that sees the holder, of the
/// function that it holds, and of the one whose suspended calls it holds.
pub(super) fn scan(semantic: &Semantic<'_>, sought: &Sought, places: [Option<usize>; 3]) -> Vec<Hit> {
    let [place, callback, suspended] = places;
    let resolver = sought.holder.as_ref().map(|holder| Resolver::new(semantic, holder, place));
    let callback = callback.and_then(|offset| u32::try_from(offset).ok());
    let mut scan = Scan { semantic, sought, resolver, callback, hits: Vec::new() };
    for node in semantic.nodes().iter() {
        scan.visit(node.id(), node.kind());
    }
    if let Some(offset) = suspended.and_then(|offset| u32::try_from(offset).ok()) {
        scan.only_wait(offset);
    }
    scan.hits
}

struct Scan<'s, 'a> {
    semantic: &'s Semantic<'a>,
    sought: &'s Sought,
    resolver: Option<Resolver<'s, 'a>>,
    callback: Option<u32>,
    hits: Vec<Hit>,
}

impl<'a> Scan<'_, 'a> {
    fn visit(&mut self, node: NodeId, kind: AstKind<'a>) {
        match kind {
            AstKind::CallExpression(call) => self.call(node, call),
            AstKind::AssignmentExpression(assignment) => self.assignment(node, assignment),
            AstKind::AwaitExpression(of) if self.is_holder(&of.argument) => {
                self.hit(What::Registers, node, of.span, 40);
            }
            AstKind::NewExpression(new) => {
                if let Some(score) = self.creates(&new.callee) {
                    self.hit(What::Creates, node, new.span, score);
                }
                self.registered(node, new.span, &new.arguments);
            }
            AstKind::ObjectExpression(object) if self.has_shape(object) => {
                self.hit(What::Creates, node, object.span, 20);
            }
            AstKind::BindingIdentifier(id) => {
                let parent = self.semantic.nodes().parent_kind(node);
                let is_import = matches!(
                    parent,
                    AstKind::ImportSpecifier(_)
                        | AstKind::ImportDefaultSpecifier(_)
                        | AstKind::ImportNamespaceSpecifier(_)
                );
                let resolver = self.resolver.as_ref().filter(|_| !is_import);
                let symbol = id.symbol_id.get();
                if symbol.is_some_and(|symbol| resolver.is_some_and(|resolver| resolver.is_declared(symbol))) {
                    self.hit(What::Holder, node, id.span, 40);
                }
            }
            AstKind::PropertyDefinition(field) if key_name(&field.key).is_some_and(|name| self.is_field(&name)) => {
                self.hit(What::Holder, node, field.key.span(), 40);
            }
            AstKind::ObjectProperty(property) => {
                let is_value = is_initial(&property.value) && !property.method;
                if is_value && key_name(&property.key).is_some_and(|name| self.is_field(&name)) {
                    self.hit(What::Holder, node, property.key.span(), 10);
                }
            }
            _ => {}
        }
    }

    /// Reports the `await` or `yield` of the function at an offset if it has only one: calls are suspended there.
    fn only_wait(&mut self, offset: u32) {
        let nodes = self.semantic.nodes();
        let is_inside = |node: NodeId| {
            let function = nodes.ancestor_kinds(node).find(|kind| is_function(*kind));
            function.is_some_and(|kind| {
                let body = match kind {
                    AstKind::Function(of) => of.body.as_ref().map_or(of.span.end, |body| body.span.start),
                    AstKind::ArrowFunctionExpression(of) => of.body.span().start,
                    _ => 0,
                };
                kind.span().start <= offset && offset <= body
            })
        };
        let is_wait = |kind: AstKind<'_>| matches!(kind, AstKind::AwaitExpression(_) | AstKind::YieldExpression(_));
        let mut waits = nodes.iter().filter(|node| is_wait(node.kind()) && is_inside(node.id()));
        if let (Some(wait), None) = (waits.next(), waits.next()) {
            self.hit(What::Registers, wait.id(), wait.kind().span(), 35);
        }
    }

    fn hit(&mut self, what: What, node: NodeId, span: Span, score: i32) {
        let around = around(self.semantic, node);
        let score = score + self.class_score(&around, what);
        let hit = Hit { what, offset: span.start as usize, function: around.label(), score, inside: around.inside };
        self.hits.push(hit);
    }

    /// Returns a bonus for statements in the class that has the field.
    fn class_score(&self, around: &Around, what: What) -> i32 {
        let class = self.sought.holder.as_ref().and_then(|holder| holder.class.as_deref());
        let is_in_class = class.is_some_and(|class| around.is_in(class));
        // A constructor sets a field up; methods fill it.
        let is_expected = around.is_constructor == (what == What::Holder);
        if is_in_class { 30 + i32::from(is_expected) * 5 } else { 0 }
    }

    fn reach(&self, expression: &Expression<'a>) -> Option<Reach> {
        self.resolver.as_ref()?.reach(expression)
    }

    /// Returns true if an expression is the holder itself.
    fn is_holder(&self, expression: &Expression<'a>) -> bool {
        self.reach(expression).is_some_and(|reach| reach > Reach::Inside)
    }

    fn is_field(&self, name: &str) -> bool {
        self.resolver.as_ref().is_some_and(|resolver| resolver.is_field(name))
    }

    /// Returns the score of a write to what an expression reaches: members are added to the holder, or to a collection
    /// inside it.
    fn write_score(&self, expression: &Expression<'a>) -> Option<i32> {
        match (self.reach(expression)?, self.sought.is_nested) {
            (Reach::Exact, false) | (Reach::Inside, true) => Some(40),
            (Reach::Alias, false) => Some(35),
            (Reach::Alias, true) => Some(30),
            (Reach::Exact, true) => Some(15),
            (Reach::Inside, false) => None,
        }
    }

    fn call(&mut self, node: NodeId, call: &CallExpression<'a>) {
        let callee = call.callee.get_inner_expression();
        let callee = match callee {
            Expression::ChainExpression(chain) => chain.expression.member_expression().map(MemberExpression::object),
            _ => None,
        }
        .unwrap_or(callee);
        if let (Some((object, name_span)), Some(name)) = (member_object(callee), member_name(callee)) {
            let name = name.as_ref();
            // Without something to insert, `splice` removes.
            let is_adding = ADDING.contains(&name) && (name != "splice" || call.arguments.len() > 2);
            if is_adding && let Some(score) = self.write_score(object) {
                self.hit(What::Adds, node, name_span, score);
            }
            if REACTIONS.contains(&name) && self.is_holder(object) {
                self.hit(What::Registers, node, name_span, 40);
            }
            if WRITING.contains(&name) || COMBINATORS.contains(&name) {
                self.written_arguments(node, call, name);
            }
            if LISTENING.contains(&name) && self.is_event(call) {
                let score = if self.is_holder(object) { 40 } else { 10 };
                self.hit(What::Registers, node, name_span, score);
            }
        }
        if callee.is_specific_id("require") && self.is_module(call.arguments.first()) {
            self.hit(What::Adds, node, call.span, 30);
        }
        self.registered(node, callee_span(callee, call), &call.arguments);
    }

    /// Looks for the holder among the arguments of a function that writes to them or waits for them.
    fn written_arguments(&mut self, node: NodeId, call: &CallExpression<'a>, name: &str) {
        let Some(first) = call.arguments.first().and_then(Argument::as_expression) else { return };
        if WRITING.contains(&name) {
            if let Some(score) = self.write_score(first) {
                self.hit(What::Adds, node, call.span, score);
            }
            return;
        }
        let Expression::ArrayExpression(list) = first.get_inner_expression() else { return };
        let is_in_list =
            list.elements.iter().filter_map(|element| element.as_expression()).any(|of| self.is_holder(of));
        if is_in_list {
            self.hit(What::Registers, node, call.span, 45);
        }
    }

    fn assignment(&mut self, node: NodeId, assignment: &AssignmentExpression<'a>) {
        let Some(target) = assignment.left.as_simple_assignment_target() else { return };
        if let AssignmentTarget::AssignmentTargetIdentifier(id) = &assignment.left {
            let is_holder = self.resolver.as_ref().is_some_and(|resolver| resolver.is_variable(id));
            if is_holder && self.sought.holder.as_ref().is_some_and(|holder| holder.kind == HolderKind::Variable) {
                let what = self.written(node, assignment);
                self.hit(what, node, assignment.span, 30);
            }
            return;
        }
        let Some(member) = target.as_member_expression() else { return };
        let (name, span) = match member.static_property_info() {
            Some((span, name)) => (Some(name.to_owned()), span),
            None => match member {
                MemberExpression::PrivateFieldExpression(of) => (Some(format!("#{}", of.field.name)), of.field.span),
                _ => (None, member.span()),
            },
        };
        let line = Span::new(assignment.span.start, span.end);
        match name {
            Some(name) if self.is_field(&name) => {
                let what = self.written(node, assignment);
                self.hit(what, node, line, 40);
            }
            Some(name) if self.sought.link.as_ref() == Some(&name) && !is_initial(&assignment.right) => {
                self.hit(What::Adds, node, line, 40);
            }
            // A key that is written out is rather a field of something else.
            Some(_) => {
                if let Some(score) = self.write_score(member.object()) {
                    self.hit(What::Adds, node, line, score - 20);
                }
            }
            None => {
                if let Some(score) = self.write_score(member.object()) {
                    self.hit(What::Adds, node, line, score);
                }
            }
        }
    }

    /// Returns whether an assignment to the holder sets it up or adds to it.
    fn written(&self, node: NodeId, assignment: &AssignmentExpression<'a>) -> What {
        let right = assignment.right.get_inner_expression();
        let sets_up = match assignment.operator {
            AssignmentOperator::LogicalNullish | AssignmentOperator::LogicalOr => is_initial(right),
            AssignmentOperator::Assign => match right {
                // `this.all = this.all || []`
                Expression::LogicalExpression(of) => self.reach(&of.left).is_some() && is_initial(&of.right),
                Expression::ObjectExpression(object) => !self.mentions_holder(object),
                _ => is_initial(right) || self.is_once(node),
            },
            _ => false,
        };
        if sets_up { What::Holder } else { What::Adds }
    }

    /// Returns true if an object literal contains the holder, as an element of a list that is put before it.
    fn mentions_holder(&self, object: &ObjectExpression<'a>) -> bool {
        object.properties.iter().any(|property| match property {
            ObjectPropertyKind::ObjectProperty(property) => self.reach(&property.value).is_some(),
            ObjectPropertyKind::SpreadProperty(_) => false,
        })
    }

    /// Returns true for code that runs once: outside functions and loops.
    fn is_once(&self, node: NodeId) -> bool {
        let repeats = |kind: AstKind<'_>| {
            is_function(kind)
                || matches!(
                    kind,
                    AstKind::ForStatement(_)
                        | AstKind::ForInStatement(_)
                        | AstKind::ForOfStatement(_)
                        | AstKind::WhileStatement(_)
                        | AstKind::DoWhileStatement(_)
                )
        };
        !self.semantic.nodes().ancestor_kinds(node).any(repeats)
    }

    /// Reports a call if one of its arguments is the function that is held.
    fn registered(&mut self, node: NodeId, span: Span, arguments: &[Argument<'a>]) {
        let Some(callback) = &self.sought.callback else { return };
        let of = |argument: &Argument<'a>| self.callback_score(argument.as_expression()?, &callback.name);
        if let Some(score) = arguments.iter().filter_map(of).max() {
            self.hit(What::Registers, node, span, score);
        }
    }

    /// Returns how certain it is that an expression is the function that is held.
    fn callback_score(&self, expression: &Expression<'a>, name: &str) -> Option<i32> {
        let expression = expression.get_inner_expression();
        match expression {
            Expression::FunctionExpression(of) => {
                let end = of.body.as_ref().map_or(of.span.end, |body| body.span.start);
                self.is_callback(of.span.start, end).then_some(45)
            }
            Expression::ArrowFunctionExpression(of) => {
                self.is_callback(of.span.start, of.params.span.end).then_some(45)
            }
            Expression::Identifier(id) => {
                let reference = self.semantic.scoping().get_reference(id.reference_id.get()?);
                let declaration = self.semantic.scoping().symbol_declaration(reference.symbol_id()?);
                let span = self.semantic.nodes().kind(declaration).span();
                // The declaration of a function starts before its parameters, where its position is.
                let offset = self.callback?;
                let is_it = id.name == name && span.start <= offset && offset <= span.end;
                is_it.then_some(40)
            }
            Expression::CallExpression(call) => {
                let (object, _) = member_object(call.callee.get_inner_expression())?;
                let is_bound = member_name(call.callee.get_inner_expression())? == "bind";
                let bare = name.trim_start_matches("bound ");
                let is_named = member_name(object.get_inner_expression()).is_some_and(|of| of == bare)
                    || object.get_identifier_reference().is_some_and(|id| id.name == bare);
                (is_bound && is_named && !bare.is_empty()).then_some(30)
            }
            // A method that is passed without binding, or that a constructor has bound.
            _ => {
                let bare = name.trim_start_matches("bound ");
                (member_name(expression)? == bare && !bare.is_empty()).then_some(25)
            }
        }
    }

    /// Returns true if the position of the function that is held is in the head of a function.
    fn is_callback(&self, start: u32, end: u32) -> bool {
        self.callback.is_some_and(|offset| start <= offset && offset <= end)
    }

    fn is_event(&self, call: &CallExpression<'a>) -> bool {
        let first = call.arguments.first().and_then(Argument::as_expression);
        let Some(Expression::StringLiteral(name)) = first.map(Expression::get_inner_expression) else { return false };
        self.sought.event.as_deref() == Some(name.value.as_str())
    }

    fn is_module(&self, argument: Option<&Argument<'a>>) -> bool {
        let Some(Expression::StringLiteral(name)) = argument.and_then(Argument::as_expression) else { return false };
        let Some(module) = &self.sought.module else { return false };
        let last = name.value.rsplit('/').next().unwrap_or("");
        !last.is_empty() && module.split('.').next() == last.split('.').next()
    }

    /// Returns the score of a call that creates an object of the class of members.
    fn creates(&self, callee: &Expression<'a>) -> Option<i32> {
        let callee = callee.get_inner_expression();
        let name = member_name(callee).map(std::borrow::Cow::into_owned);
        let function = name.or_else(|| callee.get_identifier_reference().map(|id| id.name.to_string()))?;
        self.sought.made.iter().find_map(|made| match made {
            Made::Class { name, is_of_program } if *name == function => Some(if *is_of_program { 20 } else { 0 }),
            _ => None,
        })
    }

    /// Returns true if an object literal has the keys of members.
    fn has_shape(&self, object: &ObjectExpression<'a>) -> bool {
        let mut shapes = self.sought.made.iter().filter_map(|made| match made {
            Made::Shape(keys) => Some(keys),
            Made::Class { .. } => None,
        });
        let keys: Vec<_> = object
            .properties
            .iter()
            .filter_map(|property| match property {
                ObjectPropertyKind::ObjectProperty(property) => key_name(&property.key),
                ObjectPropertyKind::SpreadProperty(_) => None,
            })
            .collect();
        shapes.any(|shape| shape.len() <= keys.len() && shape.iter().all(|key| keys.iter().any(|of| of == key)))
    }
}

fn is_function(kind: AstKind<'_>) -> bool {
    matches!(kind, AstKind::Function(_) | AstKind::ArrowFunctionExpression(_))
}

/// Returns the position of a call for a person: that of the method's name.
fn callee_span(callee: &Expression<'_>, call: &CallExpression<'_>) -> Span {
    member_object(callee).map_or(call.span, |(_, span)| span)
}

/// Returns true for values that a holder has at first.
fn is_initial(value: &Expression<'_>) -> bool {
    match value.get_inner_expression() {
        Expression::ArrayExpression(list) => list.elements.is_empty(),
        Expression::ObjectExpression(_) | Expression::NullLiteral(_) | Expression::StringLiteral(_) => true,
        Expression::NewExpression(new) => new.callee.get_identifier_reference().is_some_and(|id| {
            matches!(
                id.name.as_str(),
                "Map"
                    | "Set"
                    | "WeakMap"
                    | "WeakSet"
                    | "Array"
                    | "Object"
                    | "Promise"
                    | "FinalizationRegistry"
                    | "AbortController"
                    | "EventTarget"
                    | "EventEmitter"
                    | "PassThrough"
            )
        }),
        Expression::CallExpression(call) => {
            member_name(call.callee.get_inner_expression()).is_some_and(|name| name == "create")
        }
        value => value.is_undefined(),
    }
}
