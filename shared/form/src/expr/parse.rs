//! Tokens → tree: recursive descent over the grammar of XPath 1.0.

use std::sync::OnceLock;

use super::Error;
use super::ast::{Axis, Call, Expr, ExprKind, NodeTest, Operator, Reference, Span, Step};
use super::function::Function;
use super::lex::{Token, lex};

/// Deepest nesting read; bounds the stack in parsing and evaluation.
const DEEPEST: u32 = 128;

/// Parses an expression.
pub fn parse(source: &str) -> Result<Expr, Error> {
    let tokens = lex(source)?;
    let end = source.len() as u32;
    let mut parser = Parser { tokens, at: 0, depth: 0, end };
    if parser.tokens.is_empty() {
        return parser.fail("The expression is empty.");
    }
    let found = parser.expression()?;
    match parser.peek() {
        None => Ok(found),
        Some(Token::Close) => parser.fail("There is one closing bracket too many."),
        Some(_) => parser.fail("The expression should have ended here, or an operator is missing."),
    }
}

struct Parser {
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: u32,
    end: u32,
}

/// Binary operators from the loosest to the tightest.
const LEVELS: [&[Operator]; 6] = {
    use Operator::*;
    [
        &[Or],
        &[And],
        &[Equal, NotEqual],
        &[Less, LessEqual, Greater, GreaterEqual],
        &[Add, Subtract],
        &[Multiply, Divide, Modulo],
    ]
};

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|(token, _)| token)
    }

    fn ahead(&self, by: usize) -> Option<&Token> {
        self.tokens.get(self.at + by).map(|(token, _)| token)
    }

    fn span(&self) -> Span {
        let end = Span { start: self.end, end: self.end };
        self.tokens.get(self.at).map_or(end, |(_, span)| *span)
    }

    fn last(&self) -> Span {
        self.at
            .checked_sub(1)
            .and_then(|at| self.tokens.get(at))
            .map_or_else(Span::default, |t| t.1)
    }

    fn take(&mut self, token: &Token) -> bool {
        let found = self.peek() == Some(token);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token, message: &str) -> Result<(), Error> {
        if self.take(token) { Ok(()) } else { self.fail(message) }
    }

    fn fail<T>(&self, message: &str) -> Result<T, Error> {
        Err(Error::new("syntax", message, self.span()))
    }

    fn expression(&mut self) -> Result<Expr, Error> {
        self.depth += 1;
        if self.depth > DEEPEST {
            let message =
                "The expression is nested too deeply. Use a calculate question in between.";
            return Err(Error::new("limit", message, self.span()));
        }
        let found = self.binary(0);
        self.depth -= 1;
        found
    }

    fn binary(&mut self, level: usize) -> Result<Expr, Error> {
        let Some(operators) = LEVELS.get(level) else { return self.unary() };
        let mut left = self.binary(level + 1)?;
        let mut chain = 0;
        while let Some(Token::Operator(operator)) = self.peek()
            && operators.contains(operator)
        {
            let operator = *operator;
            self.at += 1;
            chain += 1;
            if chain > DEEPEST * 8 {
                return Err(Error::new("limit", "The expression is too long.", self.span()));
            }
            let right = self.binary(level + 1)?;
            let span = left.span.to(right.span);
            let kind = ExprKind::Binary(operator, Box::new(left), Box::new(right));
            left = Expr { kind, span };
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expr, Error> {
        let start = self.span();
        let mut minuses = 0;
        while self.take(&Token::Operator(Operator::Subtract)) {
            minuses += 1;
        }
        let mut found = self.union()?;
        // An even number of signs still makes a number of the operand.
        for _ in 0..if minuses == 0 { 0 } else { 2 - minuses % 2 } {
            let span = start.to(found.span);
            found = Expr { kind: ExprKind::Negate(Box::new(found)), span };
        }
        Ok(found)
    }

    fn union(&mut self) -> Result<Expr, Error> {
        let mut left = self.path()?;
        while self.take(&Token::Operator(Operator::Union)) {
            let right = self.path()?;
            let span = left.span.to(right.span);
            let kind = ExprKind::Binary(Operator::Union, Box::new(left), Box::new(right));
            left = Expr { kind, span };
        }
        Ok(left)
    }

    fn path(&mut self) -> Result<Expr, Error> {
        let start = self.span();
        if self.is_primary() {
            return self.filter(start);
        }
        let mut steps = Vec::new();
        let absolute = match self.peek() {
            Some(Token::Slash) => {
                self.at += 1;
                if !self.starts_step() {
                    let kind = ExprKind::Path { absolute: true, steps };
                    return Ok(Expr { kind, span: start });
                }
                true
            }
            Some(Token::DoubleSlash) => {
                self.at += 1;
                steps.push(any_descendant());
                true
            }
            _ => false,
        };
        self.steps(&mut steps)?;
        let span = start.to(self.last());
        Ok(Expr { kind: ExprKind::Path { absolute, steps }, span })
    }

    fn is_primary(&self) -> bool {
        match self.peek() {
            Some(
                Token::Number(_)
                | Token::Literal(_)
                | Token::Open
                | Token::Variable(_)
                | Token::Reference(_),
            ) => true,
            Some(Token::Name(name)) => self.ahead(1) == Some(&Token::Open) && !is_node_type(name),
            _ => false,
        }
    }

    fn filter(&mut self, start: Span) -> Result<Expr, Error> {
        let base = self.primary()?;
        let predicates = self.predicates()?;
        let mut steps = Vec::new();
        if self.take(&Token::DoubleSlash) {
            steps.push(any_descendant());
            self.steps(&mut steps)?;
        } else if self.take(&Token::Slash) {
            self.steps(&mut steps)?;
        }
        if predicates.is_empty() && steps.is_empty() {
            return Ok(base);
        }
        let span = start.to(self.last());
        Ok(Expr { kind: ExprKind::Filter { base: Box::new(base), predicates, steps }, span })
    }

    fn primary(&mut self) -> Result<Expr, Error> {
        let span = self.span();
        let token = self.peek().cloned();
        self.at += 1;
        let kind = match token {
            Some(Token::Number(number)) => ExprKind::Number(number),
            Some(Token::Literal(text)) => ExprKind::Literal(text),
            Some(Token::Variable(name)) => ExprKind::Variable(name),
            Some(Token::Reference(name)) => {
                let (name, last_saved) = match name.strip_prefix("last-saved#") {
                    Some(bare) => (bare.to_owned(), true),
                    None => (name, false),
                };
                ExprKind::Reference(Reference { name, last_saved, node: None, shared: 0 })
            }
            Some(Token::Open) => {
                let inner = self.expression()?;
                self.expect(&Token::Close, "A closing bracket is missing.")?;
                return Ok(Expr { kind: inner.kind, span: span.to(self.last()) });
            }
            Some(Token::Name(name)) => return self.call(name, span),
            _ => {
                self.at -= 1;
                return self.fail("A value is missing here.");
            }
        };
        Ok(Expr { kind, span })
    }

    fn call(&mut self, name: String, start: Span) -> Result<Expr, Error> {
        self.expect(&Token::Open, "( is missing.")?;
        let mut arguments = Vec::new();
        if !self.take(&Token::Close) {
            loop {
                arguments.push(self.expression()?);
                if !self.take(&Token::Comma) {
                    break;
                }
            }
            self.expect(&Token::Close, "A closing bracket or a comma is missing.")?;
        }
        let function = Function::by_name(&name);
        let call = Call { name, function, arguments, pattern: OnceLock::new() };
        let span = start.to(self.last());
        Ok(Expr { kind: ExprKind::Call(Box::new(call)), span })
    }

    fn predicates(&mut self) -> Result<Vec<Expr>, Error> {
        let mut found = Vec::new();
        while self.take(&Token::OpenBracket) {
            found.push(self.expression()?);
            self.expect(&Token::CloseBracket, "A closing ] is missing.")?;
        }
        Ok(found)
    }

    fn starts_step(&self) -> bool {
        use Token::*;
        matches!(
            self.peek(),
            Some(Dot | DoubleDot | At | Name(_) | PrefixStar(_) | Star | Reference(_))
        )
    }

    fn steps(&mut self, steps: &mut Vec<Step>) -> Result<(), Error> {
        loop {
            steps.push(self.step()?);
            if self.take(&Token::DoubleSlash) {
                steps.push(any_descendant());
            } else if !self.take(&Token::Slash) {
                return Ok(());
            }
        }
    }

    fn step(&mut self) -> Result<Step, Error> {
        if self.take(&Token::Dot) {
            return Ok(Step {
                axis: Axis::SelfNode,
                test: NodeTest::Node,
                predicates: self.predicates()?,
            });
        }
        if self.take(&Token::DoubleDot) {
            return Ok(Step {
                axis: Axis::Parent,
                test: NodeTest::Node,
                predicates: self.predicates()?,
            });
        }
        let axis = self.axis()?;
        let test = self.node_test()?;
        let predicates = self.predicates()?;
        Ok(Step { axis, test, predicates })
    }

    fn axis(&mut self) -> Result<Axis, Error> {
        use Axis::*;
        if self.take(&Token::At) {
            return Ok(Attribute);
        }
        let (Some(Token::Name(name)), Some(Token::Axis)) = (self.peek(), self.ahead(1)) else {
            return Ok(Child);
        };
        let axis = match name.as_str() {
            "child" => Child,
            "parent" => Parent,
            "self" => SelfNode,
            "attribute" => Attribute,
            "descendant" => Descendant,
            "descendant-or-self" => DescendantOrSelf,
            "ancestor" => Ancestor,
            "ancestor-or-self" => AncestorOrSelf,
            "following" => Following,
            "following-sibling" => FollowingSibling,
            "preceding" => Preceding,
            "preceding-sibling" => PrecedingSibling,
            "namespace" => Namespace,
            _ => return self.fail("There is no such axis before ::."),
        };
        self.at += 2;
        Ok(axis)
    }

    fn node_test(&mut self) -> Result<NodeTest, Error> {
        let token = self.peek().cloned();
        let test = match token {
            Some(Token::Star) => NodeTest::Any,
            Some(Token::PrefixStar(prefix)) => NodeTest::AnyIn(prefix),
            Some(Token::Name(name)) if self.ahead(1) == Some(&Token::Open) => {
                return self.node_type(&name);
            }
            Some(Token::Name(name)) => NodeTest::Name(name),
            // What pyxform does with `/data/${x}`-like habits is an error there too.
            _ => return self.fail("A name is missing here."),
        };
        self.at += 1;
        Ok(test)
    }

    fn node_type(&mut self, name: &str) -> Result<NodeTest, Error> {
        if !is_node_type(name) {
            return self.fail("A function cannot be a step of a path.");
        }
        self.at += 2;
        let mut target = String::new();
        if let Some(Token::Literal(text)) = self.peek()
            && name == "processing-instruction"
        {
            target = text.clone();
            self.at += 1;
        }
        self.expect(&Token::Close, "A closing bracket is missing.")?;
        Ok(match name {
            "text" => NodeTest::Text,
            "comment" => NodeTest::Comment,
            "processing-instruction" => NodeTest::Instruction(target),
            _ => NodeTest::Node,
        })
    }
}

fn is_node_type(name: &str) -> bool {
    matches!(name, "node" | "text" | "comment" | "processing-instruction")
}

fn any_descendant() -> Step {
    Step { axis: Axis::DescendantOrSelf, test: NodeTest::Node, predicates: Vec::new() }
}
