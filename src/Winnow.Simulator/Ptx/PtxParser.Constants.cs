namespace Winnow.Simulator.Ptx;

/// <content>Constant expressions: the operators of C on 64-bit integers; a float stands alone.</content>
internal sealed partial class PtxParser
{
    private PtxNumber ParseConstant(int lowest = 0)
    {
        PtxNumber left = ParseUnary();
        for (int level = LevelOf(_token); level >= lowest; level = LevelOf(_token))
        {
            PtxToken operation = Take();
            PtxNumber right = ParseConstant(level + 1);
            if (left.IsFloat || right.IsFloat || (right.Bits == 0 && operation.Text is "/" or "%"))
            {
                throw ErrorAt(operation, left.IsFloat || right.IsFloat ? "constant expressions are of integers" : "a constant is divided by zero");
            }

            left = Integer(Apply(operation.Text, left.Bits, right.Bits));
        }

        return lowest == 0 && TakeIf('?') ? ParseChoice(left) : left;
    }

    /// <summary>How tightly an operator binds; -1 for what is none.</summary>
    private static int LevelOf(PtxToken token) => token.Kind != PtxTokenKind.Punctuation ? -1 : token.Text switch
    {
        "||" => 0,
        "&&" => 1,
        "|" => 2,
        "^" => 3,
        "&" => 4,
        "==" or "!=" => 5,
        "<" or "<=" or ">" or ">=" => 6,
        "<<" or ">>" => 7,
        "+" or "-" => 8,
        "*" or "/" or "%" => 9,
        _ => -1,
    };

    private PtxNumber ParseChoice(PtxNumber condition)
    {
        PtxNumber whenTrue = ParseConstant();
        Expect(':');
        PtxNumber whenFalse = ParseConstant();
        return condition.Bits != 0 ? whenTrue : whenFalse;
    }

    private PtxNumber ParseUnary()
    {
        PtxToken token = Take();
        Enter(token);
        PtxNumber number = ParseUnary(token);
        _depth--;
        return number;
    }

    private PtxNumber ParseUnary(PtxToken token)
    {
        switch (token.Kind)
        {
            case PtxTokenKind.Number when PtxNumber.TryParse(token.Text, out PtxNumber number):
                return number;
            case PtxTokenKind.Identifier when token.Text == WarpSize:
                return Integer(32);
            case PtxTokenKind.Punctuation:
                return ParseSigned(token);
            default:
                throw Unexpected(token, "a number");
        }
    }

    private PtxNumber ParseSigned(PtxToken sign)
    {
        switch (sign.Text[0])
        {
            case '-':
                return ParseUnary().Negated();
            case '+':
                return ParseUnary();
            case '~':
                return Integer(~ParseUnary().Bits);
            case '!':
                return Not(ParseUnary());
            case '(' when _token.Kind == PtxTokenKind.Directive:
                Take();
                Expect(')');
                return ParseUnary();
            case '(':
                PtxNumber inner = ParseConstant();
                Expect(')');
                return inner;
            default:
                throw Unexpected(sign, "an operand");
        }
    }

    private static PtxNumber Integer(long value) => new(value, IsFloat: false, IsDouble: false);

    private static PtxNumber Not(PtxNumber number) => Integer(number.Bits == 0 ? 1 : 0);

    private static long Apply(string operation, long left, long right) => operation switch
    {
        "||" => left != 0 || right != 0 ? 1 : 0,
        "&&" => left != 0 && right != 0 ? 1 : 0,
        "|" => left | right,
        "^" => left ^ right,
        "&" => left & right,
        "==" => left == right ? 1 : 0,
        "!=" => left != right ? 1 : 0,
        "<" => left < right ? 1 : 0,
        "<=" => left <= right ? 1 : 0,
        ">" => left > right ? 1 : 0,
        ">=" => left >= right ? 1 : 0,
        "<<" => left << (int)right,
        ">>" => left >> (int)right,
        "+" => left + right,
        "-" => left - right,
        "*" => left * right,
        "/" => right == -1 ? -left : left / right,
        _ => right == -1 ? 0 : left % right,
    };
}
