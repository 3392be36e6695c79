using System.Collections.Generic;
using System.Linq;

namespace Winnow.Native;

/// <summary>One function as winnow.h declares it, with the comment before it.</summary>
internal sealed record HeaderFunction(string Name, string Result, IReadOnlyList<HeaderParameter> Parameters, string Comment)
{
    public string Prototype => $"{Result} {Name}({(Parameters.Count == 0 ? "void" : string.Join(", ", Parameters.Select(Declaration)))});";

    public override string ToString() => Name;

    private static string Declaration(HeaderParameter parameter) =>
        parameter.Type + (parameter.Type.EndsWith('*') ? "" : " ") + parameter.Name;
}
