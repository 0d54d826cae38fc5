/* Productions of the language, nothing else: each calls one builder of form/tree_build.h.
 *
 * Reads tokens, writes the builder's module. After a syntax error parsing goes on at the next ';' or '}'. */
%code requires {
#include "form/tree_build.h"
}

%code provides {
/* Returns 0 unless parsing was given up; errors are in the builder's diag. */
int adc_parse(void *scanner, tree_builder *b);
/* The next token and its place; 0 at the end. scanner is from adc_lex_init and adc__scan_bytes. */
int adc_scan(union ADC_STYPE *value, loc *at, void *scanner, tree_builder *b);
}

%code {
#undef yylex
#define yylex adc_scan
static void adc_error(const loc *at, void *scanner, tree_builder *b, const char *message);

#define YYLLOC_DEFAULT(now, rhs, n)                                                                                    \
    ((now) = (n) ? (loc){YYRHSLOC(rhs, 1).src, YYRHSLOC(rhs, 1).begin, YYRHSLOC(rhs, n).end}                            \
                 : (loc){YYRHSLOC(rhs, 0).src, YYRHSLOC(rhs, 0).end, YYRHSLOC(rhs, 0).end})
}

%define api.pure full
%define api.prefix {adc_}
%define api.location.type {loc}
%define parse.error custom
%define parse.lac full
%locations
%expect 0
%param {void *scanner} {tree_builder *b}
%initial-action { @$ = (loc){b->src, 0, 0}; }

%union {
    const char *name;
    expr *expr;
    expr_list exprs;
    stmt *stmt;
    stmt_list stmts;
    type_syntax *type;
    param param;
    param_list params;
    bracket_item item;
    brackets brackets;
    let_def def;
    let_targets targets;
    placed_names placed;
    checkpoint policy;
    function *function;
}

%token <name> NAME "a name" INT "a number" REAL "a decimal number" STRING "a string"
%token <name> GRAD "'grad'" WRT "'wrt'" ALONG "'along'" DERIVATIVE "'derivative'" MAX "'max'" AS "'as'"
%token <name> EXPORT "'export'" FN "'fn'"
%token IMPORT "'import'" LET "'let'" VAR "'var'" FOR "'for'" IN "'in'" WHILE "'while'" IF "'if'" THEN "'then'"
%token ELSE "'else'" YIELD "'yield'" RETURN "'return'" AND "'and'" OR "'or'" NOT "'not'" TRUE "'true'" FALSE "'false'"
%token WHERE "'where'" DOTS "'..'" SPREAD "'...'" ARROW "'->'" EQ "'=='" NE "'!='" LE "'<='" GE "'>='"

%type <name> name
%type <expr> expr primary rhs extent
%type <exprs> exprs args extents
%type <stmt> stmt loop branch
%type <stmts> stmts block
%type <type> type types result_items
%type <type> result annotation
%type <param> param
%type <params> params param_list names
%type <item> item
%type <brackets> items
%type <def> target
%type <targets> targets target_list
%type <placed> placed
%type <policy> checkpoint
%type <function> function

%precedence OPEN /* the bodies of lambdas and of 'else' reach as far as they can */
%left OR
%left AND
%precedence NOT
%nonassoc EQ NE LE GE '<' '>'
%left '+' '-'
%left '*' '/' '@'
%precedence NEGATIVE
%right '^'

%%

program: %empty | program declaration;

declaration
    : IMPORT name ';'                                   { tree_add_import(b, @$, NULL, $2); }
    | IMPORT STRING AS name ';'                         { tree_add_import(b, @$, $2, $4); }
    | FN function                                       { tree_add_function(b, $2, false, $1); }
    | EXPORT FN function                                { tree_add_function(b, $3, true, $1); }
    | EXPORT GRAD name WRT placed ';'                   { tree_add_grad(b, @3, $1, $3, $5); }
    | DERIVATIVE name '(' params ')' ALONG names '=' exprs ';'
                                                        { tree_add_derivative(b, @2, $2, $4, $7, $9); }
    | FN error block                                    { yyerrok; }
    | FN error ';'                                      { yyerrok; }
    | EXPORT FN error block                             { yyerrok; }
    | EXPORT FN error ';'                               { yyerrok; }
    | error ';'                                         { yyerrok; }
    | error '}'                                         { yyerrok; }
    ;

function
    : name '(' params ')' result block                  { $$ = tree_function(b, @1, $1, $3, $5, $6); }
    | name '(' params ')' result '=' rhs ';'            {
        stmt_list body = {0};
        expr_list values = {0};
        vec_push(b->mem, &values, $7);
        vec_push(b->mem, &body, tree_values(b, @7, STMT_RETURN, values));
        $$ = tree_function(b, @1, $1, $3, $5, body);
        $$->brief = true;
    }
    ;

result: %empty { $$ = NULL; } | ARROW type { $$ = $2; };

params: %empty { $$ = (param_list){0}; } | param_list | param_list ',';
param_list
    : param                                             { $$ = (param_list){0}; vec_push(b->mem, &$$, $1); }
    | param_list ',' param                              { $$ = $1; vec_push(b->mem, &$$, $3); }
    ;
param
    : name                                              { $$ = (param){.name = $1, .at = @1}; }
    | name ':' type                                     { $$ = (param){.name = $1, .at = @1, .type = $3}; }
    ;
names
    : name                                              { $$ = (param_list){0};
                                                          vec_push(b->mem, &$$, (param){.name = $1, .at = @1}); }
    | names ',' name                                    { $$ = $1;
                                                          vec_push(b->mem, &$$, (param){.name = $3, .at = @3}); }
    ;
placed
    : name                                              { $$ = (placed_names){0};
                                                          vec_push(b->mem, &$$, (placed_name){$1, @1}); }
    | placed ',' name                                   { $$ = $1; vec_push(b->mem, &$$, (placed_name){$3, @3}); }
    ;

type
    : name                                              { $$ = tree_type(b, @$, $1, (expr_list){0}); }
    | name '[' extents ']'                              { $$ = tree_type(b, @$, $1, $3); }
    | FN '(' types ')' ARROW type                       { $$ = tree_type_fn(b, @$, $3, $6); }
    | '(' result_items ')'                              { $$ = $2; $$->at = @$; }
    ;
extents
    : extent                                            { $$ = (expr_list){0}; vec_push(b->mem, &$$, $1); }
    | extents ',' extent                                { $$ = $1; vec_push(b->mem, &$$, $3); }
    ;
extent: expr | name SPREAD                              { $$ = tree_spread(b, @$, $1); };
types
    : %empty                                            { $$ = tree_type_list(b, @$, NULL, NULL, NULL); }
    | type                                              { $$ = tree_type_list(b, @$, NULL, NULL, $1); }
    | types ',' type                                    { $$ = tree_type_list(b, @$, $1, NULL, $3); }
    ;
result_items
    : type                                              { $$ = tree_type_list(b, @$, NULL, NULL, $1); }
    | name ':' type                                     { $$ = tree_type_list(b, @$, NULL, $1, $3); }
    | result_items ',' type                             { $$ = tree_type_list(b, @$, $1, NULL, $3); }
    | result_items ',' name ':' type                    { $$ = tree_type_list(b, @$, $1, $3, $5); }
    ;

block
    : '{' stmts '}'                                     { $$ = $2; }
    | '{' stmts error '}'                               { $$ = $2; yyerrok; }
    ;
stmts
    : %empty                                            { $$ = (stmt_list){0}; }
    | stmts stmt                                        { $$ = $1; if ($2) vec_push(b->mem, &$$, $2); }
    ;

stmt
    : LET targets '=' rhs ';'                           { $$ = tree_let(b, @$, STMT_LET, $2, $4); }
    | VAR targets '=' rhs ';'                           { $$ = tree_let(b, @$, STMT_VAR, $2, $4); }
    | expr '=' rhs ';'                                  { $$ = tree_assign(b, @$, $1, $3); }
    | expr ';'                                          { $$ = tree_expression_statement(b, @$, $1); }
    | RETURN exprs ';'                                  { $$ = tree_values(b, @$, STMT_RETURN, $2); }
    | YIELD exprs ';'                                   { $$ = tree_values(b, @$, STMT_YIELD, $2); }
    | loop
    | checkpoint loop                                   { $$ = tree_checkpoint($2, $1); }
    | branch
    | ';'                                               { $$ = NULL; }
    | error ';'                                         { $$ = NULL; yyerrok; }
    ;

targets
    : target                                            { $$ = (let_targets){0}; vec_push(b->mem, &$$.defs, $1); }
    | '(' target_list ')'                               { $$ = $2; $$.tuple = true; }
    ;
target_list
    : target                                            { $$ = (let_targets){0}; vec_push(b->mem, &$$.defs, $1); }
    | target_list ',' target                            { $$ = $1; vec_push(b->mem, &$$.defs, $3); }
    ;
target
    : name annotation                                   { $$ = tree_let_def(b, @1, $1, NULL, $2); }
    | name '[' items ']' annotation                     { $$ = tree_let_def(b, @1, $1, &$3, $5); }
    ;
annotation: %empty { $$ = NULL; } | ':' type { $$ = $2; };

rhs
    : expr
    | loop                                              { $$ = tree_loop_value(b, @$, $1); }
    | checkpoint loop                                   { $$ = tree_loop_value(b, @$, tree_checkpoint($2, $1)); }
    ;

checkpoint
    : '@' name '(' name ')'                             { $$ = tree_policy(b, @$, $2, $4, NULL, NULL); }
    | '@' name '(' name INT ')'                         { $$ = tree_policy(b, @$, $2, $4, $5, NULL); }
    | '@' name '(' name INT name ')'                    { $$ = tree_policy(b, @$, $2, $4, $5, $6); }
    ;
loop
    : FOR name IN expr DOTS expr block                  { $$ = tree_for(b, @$, @2, $2, $4, $6, $7); }
    | WHILE expr ',' MAX expr block                     { $$ = tree_while(b, @$, $2, $5, $6); }
    | WHILE expr block                                  { $$ = tree_while(b, @$, $2, NULL, $3); }
    | FOR error block                                   { $$ = NULL; yyerrok; }
    | WHILE error block                                 { $$ = NULL; yyerrok; }
    ;
branch
    : IF expr block                                     { $$ = tree_branch(b, @$, $2, $3, (stmt_list){0}); }
    | IF expr block ELSE block                          { $$ = tree_branch(b, @$, $2, $3, $5); }
    | IF expr block ELSE branch                         {
        stmt_list other = {0};
        if ($5)
            vec_push(b->mem, &other, $5);
        $$ = tree_branch(b, @$, $2, $3, other);
    }
    | IF error block                                    { $$ = NULL; yyerrok; }
    ;

exprs
    : expr                                              { $$ = (expr_list){0}; vec_push(b->mem, &$$, $1); }
    | exprs ',' expr                                    { $$ = $1; vec_push(b->mem, &$$, $3); }
    ;
args: %empty { $$ = (expr_list){0}; } | exprs | exprs ',';

expr
    : primary
    | '-' expr %prec NEGATIVE                           { $$ = tree_unary(b, @$, EXPR_NEG, $2); }
    | NOT expr                                          { $$ = tree_unary(b, @$, EXPR_NOT, $2); }
    | expr '+' expr                                     { $$ = tree_binary(b, @$, BIN_ADD, $1, $3); }
    | expr '-' expr                                     { $$ = tree_binary(b, @$, BIN_SUB, $1, $3); }
    | expr '*' expr                                     { $$ = tree_binary(b, @$, BIN_MUL, $1, $3); }
    | expr '/' expr                                     { $$ = tree_binary(b, @$, BIN_DIV, $1, $3); }
    | expr '@' expr                                     { $$ = tree_binary(b, @$, BIN_MATMUL, $1, $3); }
    | expr '^' expr                                     { $$ = tree_binary(b, @$, BIN_POW, $1, $3); }
    | expr EQ expr                                      { $$ = tree_binary(b, @$, BIN_EQ, $1, $3); }
    | expr NE expr                                      { $$ = tree_binary(b, @$, BIN_NE, $1, $3); }
    | expr '<' expr                                     { $$ = tree_binary(b, @$, BIN_LT, $1, $3); }
    | expr LE expr                                      { $$ = tree_binary(b, @$, BIN_LE, $1, $3); }
    | expr '>' expr                                     { $$ = tree_binary(b, @$, BIN_GT, $1, $3); }
    | expr GE expr                                      { $$ = tree_binary(b, @$, BIN_GE, $1, $3); }
    | expr AND expr                                     { $$ = tree_binary(b, @$, BIN_AND, $1, $3); }
    | expr OR expr                                      { $$ = tree_binary(b, @$, BIN_OR, $1, $3); }
    | IF expr THEN expr ELSE expr %prec OPEN            { $$ = tree_if(b, @$, $2, $4, $6); }
    | '|' names '|' expr %prec OPEN                     { $$ = tree_lambda(b, @$, $2, $4); }
    ;

primary
    : INT                                               { $$ = tree_int(b, @$, $1); }
    | REAL                                              { $$ = tree_real(b, @$, $1); }
    | TRUE                                              { $$ = tree_bool(b, @$, true); }
    | FALSE                                             { $$ = tree_bool(b, @$, false); }
    | name                                              { $$ = tree_name(b, @$, NULL, $1); }
    | name '.' name                                     { $$ = tree_name(b, @$, $1, $3); }
    | name '(' args ')'                                 { $$ = tree_call(b, @$, NULL, $1, $3); }
    | name '.' name '(' args ')'                        { $$ = tree_call(b, @$, $1, $3, $5); }
    | primary '[' items ']'                             { $$ = tree_subscript(b, @$, $1, $3); }
    | primary '[' items ']' '(' args ')'                { $$ = tree_reduce(b, @$, $1, $3, $6); }
    | primary '\''                                      { $$ = tree_unary(b, @$, EXPR_TRANSPOSE, $1); }
    | '[' exprs ']'                                     { $$ = tree_literal(b, @$, $2); }
    | '(' expr ')'                                      { $$ = tree_in_parens($2); }
    | '(' expr ',' exprs ')'                            {
        expr_list items = {0};
        vec_push(b->mem, &items, $2);
        for (int i = 0; i < $4.n; i++)
            vec_push(b->mem, &items, $4.data[i]);
        $$ = tree_tuple(b, @$, items);
    }
    ;

items
    : item                                              { $$ = (brackets){0}; vec_push(b->mem, &$$.items, $1); }
    | items ',' item                                    { $$ = $1; vec_push(b->mem, &$$.items, $3); }
    | items WHERE expr                                  {
        $$ = $1;
        $$.filter = $1.filter ? tree_binary(b, @3, BIN_AND, $1.filter, $3) : $3;
    }
    ;
item
    : expr                                              { $$ = (bracket_item){.at = @$, .value = $1}; }
    | name SPREAD                                       { $$ = (bracket_item){.at = @$, .value = tree_spread(b, @$, $1)}; }
    | name ':' expr                                     { $$ = (bracket_item){.at = @1, .name = $1, .count = $3}; }
    | name IN expr DOTS expr                            { $$ = (bracket_item){.at = @1, .name = $1, .lo = $3, .hi = $5}; }
    | expr DOTS expr                                    { $$ = (bracket_item){.at = @$, .lo = $1, .hi = $3, .slice = true}; }
    | expr DOTS                                         { $$ = (bracket_item){.at = @$, .lo = $1, .slice = true}; }
    | DOTS expr                                         { $$ = (bracket_item){.at = @$, .hi = $2, .slice = true}; }
    ;

name: NAME | GRAD | WRT | ALONG | DERIVATIVE | MAX | AS;

%%

static void adc_error(const loc *at, void *scanner, tree_builder *b, const char *message)
{
    (void)scanner;
    (void)message; /* only ever "memory exhausted": the parser's stack is full */
    if (!b->stopped)
        diag_error(b->diag, *at, "this nests too deeply");
    b->stopped = true;
}

static int yyreport_syntax_error(const yypcontext_t *context, void *scanner, tree_builder *b)
{
    (void)scanner;
    yysymbol_kind_t kinds[YYNTOKENS];
    const char *expected[YYNTOKENS];
    int n = yypcontext_expected_tokens(context, kinds, YYNTOKENS);
    for (int i = 0; i < n; i++)
        expected[i] = yysymbol_name(kinds[i]);
    yysymbol_kind_t found = yypcontext_token(context);
    tree_syntax_error(b, found == YYSYMBOL_YYEOF, found == YYSYMBOL_YYEMPTY ? "" : yysymbol_name(found), expected,
                      n < 0 ? 0 : n);
    return 0;
}
