using System;
using System.Collections.Generic;
using System.Globalization;

namespace Winnow.Simulator.Ptx;

/// <summary>The names that one pair of braces declares.</summary>
/// <param name="parent">The scope around it.</param>
/// <param name="number">0 for the function itself; nested scopes count from 1.</param>
internal sealed class PtxScope(PtxScope? parent, int number)
{
    private readonly Dictionary<string, PtxRegister> _registers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _variables = new(StringComparer.Ordinal);
    private readonly List<(string Prefix, int Count, string Type)> _ranges = [];

    /// <summary>The scope around it.</summary>
    public PtxScope? Parent => parent;

    /// <summary>The name of something declared here that no other scope of the function has.</summary>
    /// <param name="name">The name in the text.</param>
    public string Unique(string name) => number == 0 ? name : string.Create(CultureInfo.InvariantCulture, $"{name}#{number}");

    /// <summary>Declares a register.</summary>
    /// <param name="name">Its name in the text.</param>
    /// <param name="type">Its type.</param>
    /// <returns>False where it is there already.</returns>
    public bool TryAddRegister(string name, string type) => _types.TryAdd(name, type);

    /// <summary>Declares <c>prefix0</c> to <c>prefix(count-1)</c>.</summary>
    /// <param name="prefix">What their names begin with.</param>
    /// <param name="count">How many.</param>
    /// <param name="type">Their type.</param>
    public void AddRange(string prefix, int count, string type) => _ranges.Add((prefix, count, type));

    /// <summary>Declares a variable.</summary>
    /// <param name="name">Its name in the text.</param>
    /// <returns>False where it is there already.</returns>
    public bool TryAddVariable(string name) => _variables.TryAdd(name, Unique(name));

    /// <summary>The unique name of a variable declared here or around here; null where there is none.</summary>
    /// <param name="name">Its name in the text.</param>
    public string? FindVariable(string name)
        => _variables.TryGetValue(name, out string? unique) ? unique : parent?.FindVariable(name);

    /// <summary>A register declared here or around here; null where there is none.</summary>
    /// <param name="name">Its name in the text.</param>
    /// <param name="used">Takes registers at their first use.</param>
    public PtxRegister? FindRegister(string name, Dictionary<string, PtxRegister> used)
    {
        if (_registers.TryGetValue(name, out PtxRegister? register))
        {
            return register;
        }

        if (!_types.TryGetValue(name, out string? type) && (type = FindRange(name)) is null)
        {
            return parent?.FindRegister(name, used);
        }

        register = new PtxRegister(number == 0 && name[0] == '%' ? name : "%" + Unique(name), type);
        _registers.Add(name, register);
        used.Add(register.Name, register);
        return register;
    }

    private string? FindRange(string name)
    {
        foreach ((string prefix, int count, string type) in _ranges)
        {
            ReadOnlySpan<char> digits = name.StartsWith(prefix, StringComparison.Ordinal) ? name.AsSpan(prefix.Length) : [];
            if (digits.Length > 0
                && (digits[0] != '0' || digits.Length == 1)
                && int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out int index)
                && index < count)
            {
                return type;
            }
        }

        return null;
    }
}
