//! Expressions that reach a holder: by its name, through a local variable, or through one of its entries.

use oxc_ast::AstKind;
use oxc_ast::ast::{BindingPattern, ChainElement, Expression, IdentifierReference, MemberExpression};
use oxc_semantic::{ScopeId, Semantic, SymbolId};
use oxc_span::GetSpan;

use super::names::{key_name, member_name, member_object};
use super::{HolderKind, HolderName};

/// The number of variables and fields that are followed.
const STEPS: u8 = 8;

/// The way in which an expression reaches a holder.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Reach {
    /// It is something inside the holder, such as an entry.
    Inside,
    /// It is a local variable that has the holder.
    Alias,
    /// It is the holder's name.
    Exact,
}

/// Resolves the name of a holder in one script.
pub(super) struct Resolver<'s, 'a> {
    semantic: &'s Semantic<'a>,
    name: &'s str,
    kind: HolderKind,
    /// The variable, if the script declares it.
    symbol: Option<SymbolId>,
}

impl<'s, 'a> Resolver<'s, 'a> {
    /// Creates a resolver. `place` is the byte offset of a function that sees the variable.
    pub(super) fn new(semantic: &'s Semantic<'a>, holder: &'s HolderName, place: Option<usize>) -> Self {
        let mut resolver = Self { semantic, name: &holder.name, kind: holder.kind, symbol: None };
        if holder.kind == HolderKind::Variable {
            resolver.symbol = place.and_then(|place| resolver.visible_from(place)).or_else(|| resolver.only_one());
        }
        resolver
    }

    /// Returns the variable that the function at an offset sees. The function itself may have another one of that name.
    fn visible_from(&self, offset: usize) -> Option<SymbolId> {
        let scoping = self.semantic.scoping();
        let scope = self.scope_at(offset);
        let find = |scope: ScopeId| scoping.find_binding(scope, self.name.into());
        let outer = scope.and_then(|scope| scoping.scope_parent_id(scope)).and_then(find);
        outer.or_else(|| find(scope.unwrap_or(scoping.root_scope_id())))
    }

    /// Returns the scope of the innermost function or class that starts at or around an offset.
    fn scope_at(&self, offset: usize) -> Option<ScopeId> {
        let offset = u32::try_from(offset).ok()?;
        let scopes = self.semantic.nodes().iter().filter_map(|node| {
            let scope = match node.kind() {
                AstKind::Function(of) => of.scope_id.get(),
                AstKind::ArrowFunctionExpression(of) => of.scope_id.get(),
                AstKind::Class(of) => of.scope_id.get(),
                _ => None,
            };
            let span = node.kind().span();
            scope.filter(|_| span.start <= offset && offset <= span.end).map(|scope| (span.end - span.start, scope))
        });
        scopes.min_by_key(|&(length, _)| length).map(|(_, scope)| scope)
    }

    /// Returns the only variable of that name.
    fn only_one(&self) -> Option<SymbolId> {
        let scoping = self.semantic.scoping();
        let mut named = scoping.symbol_ids().filter(|&symbol| scoping.symbol_name(symbol) == self.name);
        named.next().filter(|_| named.next().is_none())
    }

    /// Returns true if a declared variable is the holder.
    pub(super) fn is_declared(&self, symbol: SymbolId) -> bool {
        self.symbol == Some(symbol)
    }

    /// Returns true if a field is the holder.
    pub(super) fn is_field(&self, name: &str) -> bool {
        self.kind == HolderKind::Field && name == self.name
    }

    /// Returns true if an identifier is the holder's variable, or a global one with the name of the field.
    pub(super) fn is_variable(&self, id: &IdentifierReference<'_>) -> bool {
        let symbol = self.symbol_of(id);
        match self.kind {
            HolderKind::Variable => symbol.is_some() && symbol == self.symbol,
            HolderKind::Field => symbol.is_none() && id.name == self.name,
        }
    }

    fn symbol_of(&self, id: &IdentifierReference<'_>) -> Option<SymbolId> {
        self.semantic.scoping().get_reference(id.reference_id.get()?).symbol_id()
    }

    /// Returns how an expression reaches the holder, if it does.
    pub(super) fn reach(&self, expression: &Expression<'a>) -> Option<Reach> {
        self.follow(expression, STEPS)
    }

    fn follow(&self, expression: &Expression<'a>, steps: u8) -> Option<Reach> {
        let steps = steps.checked_sub(1)?;
        let expression = expression.get_inner_expression();
        if member_name(expression).is_some_and(|name| self.is_field(&name)) {
            return Some(Reach::Exact);
        }
        if let Some((object, _)) = member_object(expression) {
            return self.follow(object, steps).map(|_| Reach::Inside);
        }
        let either = |one: &Expression<'a>, other: &Expression<'a>| {
            self.follow(one, steps).or_else(|| self.follow(other, steps))
        };
        match expression {
            Expression::Identifier(id) if self.is_variable(id) => Some(Reach::Exact),
            Expression::Identifier(id) => self.through_variable(id, steps),
            Expression::CallExpression(call) => {
                let object = member_object(call.callee.get_inner_expression())?.0;
                self.follow(object, steps).map(|_| Reach::Inside)
            }
            Expression::ChainExpression(chain) => match &chain.expression {
                ChainElement::CallExpression(call) => {
                    let object = member_object(call.callee.get_inner_expression())?.0;
                    self.follow(object, steps).map(|_| Reach::Inside)
                }
                ChainElement::StaticMemberExpression(member) if self.is_field(member.property.name.as_str()) => {
                    Some(Reach::Exact)
                }
                element => self.follow(element.member_expression()?.object(), steps).map(|_| Reach::Inside),
            },
            Expression::AwaitExpression(of) => self.follow(&of.argument, steps),
            Expression::AssignmentExpression(of) => {
                let target = of.left.as_simple_assignment_target().and_then(|target| target.as_member_expression());
                let is_holder =
                    target.and_then(MemberExpression::static_property_name).is_some_and(|name| self.is_field(name));
                if is_holder { Some(Reach::Exact) } else { self.follow(&of.right, steps) }
            }
            Expression::LogicalExpression(of) => either(&of.left, &of.right),
            Expression::ConditionalExpression(of) => either(&of.consequent, &of.alternate),
            _ => None,
        }
    }

    /// Follows a local variable to the expression that it is initialized with, or that is assigned to it.
    fn through_variable(&self, id: &IdentifierReference<'a>, steps: u8) -> Option<Reach> {
        let symbol = self.symbol_of(id)?;
        let nodes = self.semantic.nodes();
        let declaration = self.semantic.scoping().symbol_declaration(symbol);
        let at_most = |reach: Reach| reach.min(Reach::Alias);
        let declarator = std::iter::once(declaration).chain(nodes.ancestor_ids(declaration).take(4)).find_map(|node| {
            match nodes.kind(node) {
                AstKind::VariableDeclarator(declarator) => Some(declarator),
                _ => None,
            }
        });
        if let Some(declarator) = declarator {
            match (&declarator.id, &declarator.init) {
                (BindingPattern::BindingIdentifier(_), Some(init)) => {
                    if let Some(reach) = self.follow(init, steps) {
                        return Some(at_most(reach));
                    }
                }
                (BindingPattern::ObjectPattern(pattern), _) => {
                    let is_taken = pattern.properties.iter().any(|property| {
                        key_name(&property.key).is_some_and(|name| self.is_field(&name))
                            && property.value.get_identifier_name().is_some_and(|name| name == id.name)
                    });
                    if is_taken {
                        return Some(Reach::Alias);
                    }
                }
                _ => {}
            }
        }
        let writes = self.semantic.symbol_references(symbol).filter(|reference| reference.is_write());
        let assigned = writes.filter_map(|reference| match nodes.parent_kind(reference.node_id()) {
            AstKind::AssignmentExpression(assignment) => self.follow(&assignment.right, steps),
            _ => None,
        });
        assigned.max().map(at_most)
    }
}
