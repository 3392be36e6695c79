using System.Collections.Generic;

namespace Winnow.Simulator.Ptx;

/// <content>Operands.</content>
internal sealed partial class PtxParser
{
    private const string WarpSize = "WARP_SZ";

    private static readonly PtxOperand Sink = new() { Kind = PtxOperandKind.Sink };
    private static readonly PtxOperand Nothing = new() { Kind = PtxOperandKind.Vector };

    private PtxOperand[] ParseOperands(string opcode, PtxBody body)
    {
        if (_token.Is(';') && opcode is not ("bra" or "brx"))
        {
            return [];
        }

        var operands = new List<PtxOperand>();
        (int Index, PtxToken Token) label = (-1, default);
        do
        {
            if ((opcode == "bra" && operands.Count == 0) || (opcode == "brx" && operands.Count == 1))
            {
                label = (operands.Count, TakeKind(PtxTokenKind.Identifier, "a label"));
                operands.Add(Sink);
            }
            else
            {
                operands.Add(ParseOperand(body));
            }
        }
        while (TakeIf(','));

        PtxOperand[] array = [.. operands];
        if (label.Index >= 0)
        {
            body.AddBranch(array, label.Index, opcode == "brx", label.Token);
        }
        else if (opcode == "brx")
        {
            throw Unexpected(_token, "a table of labels");
        }

        return array;
    }

    /// <summary><c>[(returns),] function [, (arguments)]</c>.</summary>
    private PtxOperand[] ParseCall(PtxBody body)
    {
        PtxOperand returns = Nothing;
        if (_token.Is('('))
        {
            returns = ParseList('(', ')', body);
            Expect(',');
        }

        PtxToken name = _token;
        PtxOperand function = ParseOperand(body);
        if (function.Kind != PtxOperandKind.Symbol || !_functionNames.Contains(function.Name))
        {
            throw ErrorAt(name, "calls through function pointers are not supported");
        }

        return [returns, function, TakeIf(',') ? ParseList('(', ')', body) : Nothing];
    }

    private PtxOperand ParseList(char open, char close, PtxBody body)
    {
        Enter(_token);
        Expect(open);
        var parts = new List<PtxOperand>();
        while (!TakeIf(close))
        {
            if (parts.Count > 0)
            {
                Expect(',');
            }

            parts.Add(ParseOperand(body));
        }

        _depth--;
        return new PtxOperand { Kind = PtxOperandKind.Vector, Parts = [.. parts] };
    }

    private PtxOperand ParseOperand(PtxBody body)
    {
        if (_token.Kind == PtxTokenKind.Identifier && _token.Text != WarpSize)
        {
            PtxOperand first = ParseName(body);
            return TakeIf('|') ? new PtxOperand { Kind = PtxOperandKind.Vector, IsPair = true, Parts = [first, ParseName(body)] } : first;
        }

        if (_token.Is('{'))
        {
            return ParseList('{', '}', body);
        }

        if (_token.Is('['))
        {
            return ParseAddress(body);
        }

        if (TakeIf('!'))
        {
            return _token.Kind == PtxTokenKind.Identifier ? ParseName(body) with { Negated = true } : Immediate(Not(ParseUnary()));
        }

        return Immediate(ParseConstant());
    }

    private static PtxOperand Immediate(PtxNumber number)
        => new() { Kind = PtxOperandKind.Immediate, Bits = number.Bits, IsFloat = number.IsFloat, IsDouble = number.IsDouble };

    private PtxOperand ParseName(PtxBody body)
    {
        PtxToken token = TakeKind(PtxTokenKind.Identifier, "an operand");
        if (token.Text == "_")
        {
            return Sink;
        }

        if (body.FindRegister(token.Text) is { } register)
        {
            return _token.Kind != PtxTokenKind.Directive ? register.Operand : throw ErrorAt(_token, "parts of registers are not supported");
        }

        return token.Text[0] == '%' ? ParseSpecial(token) : ParseSymbol(token, body);
    }

    private PtxOperand ParseSpecial(PtxToken token)
    {
        string name = _token.Kind == PtxTokenKind.Directive ? $"{token.Text}.{Take().Text}" : token.Text;
        return PtxSpecialRegister.Find(name) ?? throw ErrorAt(token, $"there is no register {name}");
    }

    private PtxOperand ParseSymbol(PtxToken token, PtxBody body)
        => new() { Kind = PtxOperandKind.Symbol, Name = FindSymbol(token, body), Bits = ParseAddend() };

    private string FindSymbol(PtxToken token, PtxBody body)
        => body.FindVariable(token.Text)
            ?? (_variables.ContainsKey(token.Text) || _functionNames.Contains(token.Text) ? token.Text : null)
            ?? throw ErrorAt(token, $"{token} is not declared");

    private PtxOperand ParseAddress(PtxBody body)
    {
        Expect('[');
        string name = "";
        if (_token.Kind == PtxTokenKind.Identifier && _token.Text != WarpSize)
        {
            PtxToken token = Take();
            name = body.FindRegister(token.Text)?.Name ?? FindSymbol(token, body);
        }

        long offset = name.Length == 0 ? ParseConstant().Bits : ParseAddend();
        PtxOperand[] coordinates = TakeIf(',') ? ParseList('{', '}', body).Parts : [];
        Expect(']');
        return new PtxOperand { Kind = PtxOperandKind.Address, Name = name, Bits = offset, Parts = coordinates };
    }

    /// <summary><c>+4</c>, <c>+-4</c>, <c>-4</c> or nothing.</summary>
    private long ParseAddend() => TakeIf('+') || _token.Is('-') ? ParseConstant().Bits : 0;
}
