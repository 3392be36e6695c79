using System;
using System.Collections.Generic;

namespace Winnow.Simulator.Ptx;

/// <content>The heads of kernels and functions.</content>
internal sealed partial class PtxParser
{
    private void ParseFunction(bool isEntry)
    {
        List<(PtxToken Name, PtxVariable Variable)> returns = !isEntry && _token.Is('(') ? ParseParameters() : [];
        PtxToken name = TakeKind(PtxTokenKind.Identifier, "the name of a function");
        var parameters = _token.Is('(') ? ParseParameters() : [];
        Dictionary<string, int[]> directives = ParsePerformanceDirectives();
        _functionNames.Add(name.Text);
        if (TakeIf(';'))
        {
            return;
        }

        var body = new PtxBody(name.Text, isEntry, directives);
        AddParameters(body, parameters, isReturn: false);
        AddParameters(body, returns, isReturn: true);
        if (_functions.ContainsKey(name.Text))
        {
            throw ErrorAt(name, $"{name} is defined twice");
        }

        Expect('{');
        ParseStatements(body);
        _functions.Add(name.Text, body.ToFunction());
    }

    private void AddParameters(PtxBody body, List<(PtxToken Name, PtxVariable Variable)> parameters, bool isReturn)
    {
        foreach ((PtxToken name, PtxVariable variable) in parameters)
        {
            if (!body.TryAddParameter(variable, isReturn))
            {
                throw ErrorAt(name, $"{name} is declared twice");
            }
        }
    }

    private List<(PtxToken Name, PtxVariable Variable)> ParseParameters()
    {
        var parameters = new List<(PtxToken, PtxVariable)>();
        Expect('(');
        while (!TakeIf(')'))
        {
            if (parameters.Count > 0)
            {
                Expect(',');
            }

            PtxToken space = Take();
            if (!space.IsDirective("param"))
            {
                throw Unexpected(space, "a parameter in .param (parameters in registers are not supported)");
            }

            VariableHead head = ParseVariableHead();
            PtxToken name = TakeKind(PtxTokenKind.Identifier, "the name of a parameter");
            parameters.Add((name, ParseVariable(head, PtxSpace.Param, name, isExtern: false)));
        }

        return parameters;
    }

    /// <summary>What stands between the parameters and the body: launch bounds and the like.</summary>
    private Dictionary<string, int[]> ParsePerformanceDirectives()
    {
        var directives = new Dictionary<string, int[]>(StringComparer.Ordinal);
        while (_token.Kind == PtxTokenKind.Directive)
        {
            PtxToken directive = Take();
            if (directive.Text is "pragma" or "loc")
            {
                SkipAnnotation(directive);
                continue;
            }

            var numbers = new List<int>();
            while (_token.Kind == PtxTokenKind.Number || (numbers.Count > 0 && TakeIf(',')))
            {
                numbers.Add(TakeInteger("a number"));
            }

            directives[directive.Text] = [.. numbers];
        }

        return directives;
    }
}
