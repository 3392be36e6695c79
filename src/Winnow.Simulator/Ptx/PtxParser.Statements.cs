using System;
using System.Collections.Generic;
using System.Text;

namespace Winnow.Simulator.Ptx;

/// <content>The statements of a body.</content>
internal sealed partial class PtxParser
{
    /// <summary>Parses up to the brace that closes the function.</summary>
    private void ParseStatements(PtxBody body)
    {
        while (!_token.Is('}') || body.Close())
        {
            if (_token.Is('}') || _token.Is(';'))
            {
                Take();
            }
            else if (TakeIf('{'))
            {
                body.Open();
            }
            else
            {
                ParseStatement(body);
            }
        }

        Take();
        if (body.ResolveBranches() is { } branch)
        {
            throw ErrorAt(branch, $"there is no label {branch} to branch to");
        }
    }

    private void ParseStatement(PtxBody body)
    {
        PtxToken token = Take();
        switch (token.Kind)
        {
            case PtxTokenKind.Directive:
                ParseBodyDirective(token, body);
                break;
            case PtxTokenKind.Identifier when TakeIf(':'):
                ParseLabel(token, body);
                break;
            case PtxTokenKind.Identifier:
                ParseInstruction(token, token, guard: null, isNegated: false, body);
                break;
            case PtxTokenKind.Punctuation when token.Is('@'):
                bool isNegated = TakeIf('!');
                PtxToken guard = TakeKind(PtxTokenKind.Identifier, "a predicate");
                ParseInstruction(token, TakeKind(PtxTokenKind.Identifier, "an instruction"), FindPredicate(guard, body), isNegated, body);
                break;
            default:
                throw Unexpected(token, "a statement or '}'");
        }
    }

    private string FindPredicate(PtxToken token, PtxBody body)
        => body.FindRegister(token.Text) is { IsPredicate: true } register ? register.Name : throw ErrorAt(token, $"{token} is no predicate register");

    private void ParseBodyDirective(PtxToken directive, PtxBody body)
    {
        switch (directive.Text)
        {
            case "loc":
                ParseLocation(body);
                break;
            case "reg":
                ParseRegisters(body);
                break;
            case "local" or "shared" or "param":
                ParseVariables(SpaceOf(directive.Text), isExtern: false, body);
                break;
            case "file" or "section" or "pragma":
                if (_token.Kind == PtxTokenKind.String && _token.Text.Contains("nounroll", StringComparison.Ordinal))
                {
                    body.KeepLoop();
                }

                SkipAnnotation(directive);
                break;
            default:
                throw Unexpected(directive, "an instruction or a declaration");
        }
    }

    /// <summary>
    /// Reads <c>.loc file line column[, function_name symbol, inlined_at file line column]</c>. The first place is the innermost.
    /// </summary>
    /// <param name="body">The function that it is in; null outside of all.</param>
    private void ParseLocation(PtxBody? body)
    {
        (int File, int Line, int Column) place = TakePlace();
        (int File, int Line, int Column)? caller = null;
        while (TakeIf(','))
        {
            if (TakeKind(PtxTokenKind.Identifier, "function_name or inlined_at").Text == "inlined_at")
            {
                caller = TakePlace();
            }
            else
            {
                Take();
                ParseAddend();
            }
        }

        body?.SetPlace(place, caller, _files);
    }

    private (int File, int Line, int Column) TakePlace() => (TakeInteger("the number of a file"), TakeInteger("a line"), TakeInteger("a column"));

    private void ParseRegisters(PtxBody body)
    {
        PtxToken type = TakeKind(PtxTokenKind.Directive, "the type of registers");
        if (PtxType.Bits(type.Text) == 0)
        {
            throw Unexpected(type, "the type of registers (vectors of registers are not supported)");
        }

        do
        {
            PtxToken name = TakeKind(PtxTokenKind.Identifier, "the name of a register");
            if (TakeIf('<'))
            {
                body.AddRegisters(name.Text, TakeInteger("how many registers there are"), type.Text);
                Expect('>');
            }
            else if (!body.TryAddRegister(name.Text, type.Text))
            {
                throw ErrorAt(name, $"{name} is declared twice");
            }
        }
        while (TakeIf(','));

        Expect(';');
    }

    private void ParseLabel(PtxToken label, PtxBody body)
    {
        if (!body.TryAddLabel(label.Text))
        {
            throw ErrorAt(label, $"the label {label} is declared twice");
        }

        if (_token.IsDirective("branchtargets"))
        {
            Take();
            ParseBranchTargets(label, body);
        }
        else if (_token.Kind == PtxTokenKind.Directive && _token.Text is "callprototype" or "calltargets")
        {
            throw ErrorAt(_token, "calls through function pointers are not supported");
        }
    }

    private void ParseBranchTargets(PtxToken label, PtxBody body)
    {
        var names = new List<PtxToken>();
        do
        {
            names.Add(TakeKind(PtxTokenKind.Identifier, "a label"));
        }
        while (TakeIf(','));

        Expect(';');
        var targets = new PtxOperand[names.Count];
        for (int i = 0; i < targets.Length; i++)
        {
            body.AddBranch(targets, i, isTable: false, names[i]);
        }

        body.AddTable(label.Text, targets);
    }

    private void ParseInstruction(PtxToken start, PtxToken opcode, string? guard, bool isNegated, PtxBody body)
    {
        var modifiers = new List<string>();
        while (_token.Kind == PtxTokenKind.Directive)
        {
            modifiers.Add(Take().Text);
        }

        PtxOperand[] operands = opcode.Text == "call" ? ParseCall(body) : ParseOperands(opcode.Text, body);
        int end = _token.Start;
        Expect(';');
        body.Add(new PtxInstruction
        {
            Opcode = opcode.Text,
            Modifiers = [.. modifiers],
            Operands = operands,
            Guard = guard,
            GuardNegated = isNegated,
            Text = OneLine(_source.Text.AsSpan(start.Start, end - start.Start)),
            PtxLine = start.Line,
            File = body.File,
            Line = body.Line,
            Place = body.Place,
        });
    }

    private static string OneLine(ReadOnlySpan<char> text)
    {
        text = text.Trim();
        if (text.IndexOfAny("\t\r\n") < 0)
        {
            return text.ToString();
        }

        var line = new StringBuilder(text.Length);
        foreach (Range part in text.SplitAny(" \t\r\n"))
        {
            if (text[part].Length > 0)
            {
                line.Append(line.Length > 0 ? " " : "").Append(text[part]);
            }
        }

        return line.ToString();
    }
}
