using System;
using System.Collections.Generic;
using System.Numerics;

namespace Winnow.Simulator.Ptx;

/// <content>Variables, parameters and their initial values.</content>
internal sealed partial class PtxParser
{
    /// <summary>More than any device has of shared, local or parameter memory; sums of a few stay far from overflowing.</summary>
    private const int LargestOnChip = 1 << 24;

    /// <summary>What stands before the name of a variable.</summary>
    private readonly record struct VariableHead(string Type, int Vector, int Alignment)
    {
        public int ElementBytes => Math.Max(1, PtxType.Bits(Type) / 8);

        public int UnitBytes => ElementBytes * Vector;
    }

    /// <summary>Parses declarations up to their semicolon.</summary>
    private void ParseVariables(PtxSpace space, bool isExtern, PtxBody? body)
    {
        VariableHead head = ParseVariableHead();
        do
        {
            PtxToken name = TakeKind(PtxTokenKind.Identifier, "the name of a variable");
            AddVariable(name, ParseVariable(head, space, name, isExtern), body);
        }
        while (TakeIf(','));

        Expect(';');
    }

    private void AddVariable(PtxToken name, PtxVariable variable, PtxBody? body)
    {
        if (body is not null)
        {
            if (!body.TryAdd(variable, name.Text))
            {
                throw ErrorAt(name, $"{name} is declared twice");
            }

            return;
        }

        // A declaration of what another line defines is no second variable.
        if (!_variables.TryGetValue(variable.Name, out PtxVariable? earlier) || earlier.IsExtern)
        {
            _variables[variable.Name] = variable;
        }
        else if (!variable.IsExtern)
        {
            throw ErrorAt(name, $"{name} is declared twice");
        }
    }

    private VariableHead ParseVariableHead()
    {
        string type = "";
        int vector = 1;
        int alignment = 0;
        while (_token.Kind == PtxTokenKind.Directive)
        {
            PtxToken token = Take();
            switch (token.Text)
            {
                case "align":
                    alignment = TakeAlignment();
                    break;
                case "attribute":
                    SkipParentheses();
                    break;
                case "v2" or "v4" or "v8":
                    vector = token.Text[1] - '0';
                    break;
                case "ptr":
                    SkipPointee();
                    break;
                default:
                    type = PtxType.Bits(token.Text) > 1 ? token.Text : throw Unexpected(token, "the type of a variable");
                    break;
            }
        }

        var head = new VariableHead(type.Length > 0 ? type : throw Unexpected(_token, "the type of a variable"), vector, alignment);
        return alignment > 0 ? head : head with { Alignment = head.UnitBytes };
    }

    private int TakeAlignment()
    {
        PtxToken token = _token;
        int alignment = TakeInteger("an alignment");
        return BitOperations.IsPow2(alignment) && alignment <= 4096 ? alignment : throw ErrorAt(token, "an alignment is a power of two up to 4096");
    }

    private void SkipParentheses()
    {
        Expect('(');
        while (!TakeIf(')'))
        {
            if (_token.Kind == PtxTokenKind.End)
            {
                throw Unexpected(_token, "')'");
            }

            Take();
        }
    }

    /// <summary>What <c>.ptr .global .align 16</c> says is about the memory that a parameter points to, and not about the parameter.</summary>
    private void SkipPointee()
    {
        if (_token.Kind == PtxTokenKind.Directive && _token.Text is "global" or "const" or "shared" or "local")
        {
            Take();
        }

        if (_token.IsDirective("align"))
        {
            Take();
            TakeAlignment();
        }
    }

    /// <summary>Parses what follows the name: the array's sizes and its initial value.</summary>
    private PtxVariable ParseVariable(VariableHead head, PtxSpace space, PtxToken name, bool isExtern)
    {
        var sizes = new List<int>();
        bool isUnsized = false;
        while (TakeIf('['))
        {
            isUnsized |= _token.Is(']') && sizes.Count == 0;
            sizes.Add(_token.Is(']') ? 0 : TakeInteger("the size of an array"));
            Expect(']');
        }

        long bytes = head.UnitBytes;
        foreach (int size in sizes)
        {
            bytes = Math.Min(bytes * size, int.MaxValue + 1L);
        }

        if (bytes > (space is PtxSpace.Global or PtxSpace.Const ? int.MaxValue : LargestOnChip))
        {
            throw ErrorAt(name, $"{name} is too large");
        }

        PtxInitializer? initial = TakeIf('=') ? ParseInitializer(head, [.. sizes]) : null;
        bytes = isUnsized && initial is not null ? initial.Length : bytes;
        if ((isUnsized && bytes == 0 && (!isExtern || space != PtxSpace.Shared)) || initial?.Length > bytes)
        {
            throw ErrorAt(name, $"{name} has no size, or one that its initial value exceeds");
        }

        return new PtxVariable
        {
            Name = name.Text,
            Space = space,
            Type = head.Type,
            Bytes = (int)bytes,
            Alignment = head.Alignment,
            IsExtern = isExtern,
            Initial = initial?.ToBytes((int)bytes),
            Relocations = initial?.Relocations ?? [],
        };
    }

    private PtxInitializer ParseInitializer(VariableHead head, int[] sizes)
    {
        var initializer = new PtxInitializer(head.Type, head.ElementBytes);
        if (_token.Is('{'))
        {
            ParseInitializerList(initializer, [.. sizes, .. head.Vector > 1 ? [head.Vector] : Array.Empty<int>()], 0);
        }
        else
        {
            ParseInitializerValue(initializer);
        }

        return initializer;
    }

    /// <summary>A list of one dimension; what a nested list leaves out is zero.</summary>
    private void ParseInitializerList(PtxInitializer initializer, int[] sizes, int level)
    {
        int below = 1;
        for (int i = level + 1; i < sizes.Length; i++)
        {
            below *= sizes[i];
        }

        PtxToken start = _token;
        Expect('{');
        for (int item = 0; !TakeIf('}'); item++)
        {
            if (item > 0)
            {
                Expect(',');
            }

            if (_token.Is('{'))
            {
                if (level + 1 >= sizes.Length)
                {
                    throw ErrorAt(start, "an initial value is nested deeper than its array");
                }

                int end = initializer.Count + below;
                ParseInitializerList(initializer, sizes, level + 1);
                initializer.Fill(end);
            }
            else
            {
                ParseInitializerValue(initializer);
            }
        }
    }

    /// <summary>A number, <c>symbol + 4</c>, <c>generic(symbol)</c> or <c>0xFF00(symbol)</c>.</summary>
    private void ParseInitializerValue(PtxInitializer initializer)
    {
        if (_token.Kind == PtxTokenKind.Identifier && _token.Text != WarpSize)
        {
            ParseSymbolValue(initializer, shift: 0);
            return;
        }

        PtxNumber number = ParseConstant();
        if (!TakeIf('('))
        {
            initializer.Add(number);
            return;
        }

        ParseSymbolValue(initializer, BitOperations.TrailingZeroCount(number.Bits));
        Expect(')');
    }

    private void ParseSymbolValue(PtxInitializer initializer, int shift)
    {
        PtxToken name = TakeKind(PtxTokenKind.Identifier, "the name of a variable or function");
        bool isGeneric = name.Text == "generic" && TakeIf('(');
        name = isGeneric ? TakeKind(PtxTokenKind.Identifier, "the name of a variable or function") : name;
        long addend = ParseAddend();
        if (isGeneric)
        {
            Expect(')');
        }

        initializer.Add(name.Text, isGeneric ? addend + ParseAddend() : addend, isGeneric, shift);
    }
}
