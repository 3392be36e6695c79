using System;
using System.Collections.Generic;
using System.Globalization;

namespace Winnow.Simulator.Ptx;

/// <summary>A function while it is parsed.</summary>
/// <param name="name">Its name.</param>
/// <param name="isEntry">Whether it is a kernel.</param>
/// <param name="directives">Its performance directives.</param>
internal sealed class PtxBody(string name, bool isEntry, Dictionary<string, int[]> directives)
{
    // Places that are inlined at one another without end do not grow without end.
    private const int LongestPlace = 1000;

    private readonly List<PtxVariable> _parameters = [];
    private readonly List<PtxVariable> _returns = [];
    private readonly Dictionary<string, PtxVariable> _variables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PtxRegister> _registers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int> _labels = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PtxOperand[]> _tables = new(StringComparer.Ordinal);
    private readonly Dictionary<(int File, int Line, int Column), string> _places = [];
    private readonly List<PtxInstruction> _instructions = [];
    private readonly List<(PtxOperand[] Operands, int Index, bool IsTable, PtxScope Scope, PtxToken Token)> _branches = [];
    private readonly HashSet<int> _keptLoops = [];

    private PtxScope _scope = new(parent: null, number: 0);
    private int _scopes;
    private int _parameterBytes;
    private int _frameBytes;
    private int _localBytes;

    /// <summary>The file of the last <c>.loc</c>.</summary>
    public string File { get; private set; } = "";

    /// <summary>The line of the last <c>.loc</c>.</summary>
    public int Line { get; private set; }

    /// <summary>The place of the last <c>.loc</c> with those that it was inlined at, the outermost first: <c>k.cu(28) &gt; c.cuh(49)</c>.</summary>
    public string Place { get; private set; } = "";

    /// <summary>Sets the place of the instructions that follow.</summary>
    /// <param name="place">The place; line 0 is code that the compiler made up or moved, of which the line before says more.</param>
    /// <param name="caller">Where that was inlined; null where it was not. It was a place itself before, which is how it is known where that was inlined.</param>
    /// <param name="files">The names of files.</param>
    public void SetPlace((int File, int Line, int Column) place, (int File, int Line, int Column)? caller, IReadOnlyDictionary<int, string> files)
    {
        if (place.Line <= 0)
        {
            return;
        }

        (File, Line) = (files.GetValueOrDefault(place.File, ""), place.Line);
        Place = NameOf(place);
        if (caller is { } outer && outer != place)
        {
            string known = _places.GetValueOrDefault(outer, "");
            Place = $"{(known.Length is > 0 and < LongestPlace ? known : NameOf(outer))} > {Place}";
        }

        _places[place] = Place;

        string NameOf((int File, int Line, int Column) named)
            => string.Create(CultureInfo.InvariantCulture, $"{files.GetValueOrDefault(named.File, "")}({named.Line})");
    }

    /// <summary>Enters a nested scope.</summary>
    public void Open() => _scope = new PtxScope(_scope, ++_scopes);

    /// <summary>Leaves it.</summary>
    /// <returns>False where it was the function's own.</returns>
    public bool Close()
    {
        PtxScope? parent = _scope.Parent;
        _scope = parent ?? _scope;
        return parent is not null;
    }

    /// <summary>Adds a parameter or what the function returns.</summary>
    /// <returns>False where the name is taken.</returns>
    public bool TryAddParameter(PtxVariable variable, bool isReturn)
    {
        if (!TryAdd(variable, variable.Name))
        {
            return false;
        }

        (isReturn ? _returns : _parameters).Add(_variables[variable.Name]);
        _parameterBytes = isReturn ? _parameterBytes : _frameBytes;
        return true;
    }

    /// <summary>Adds a variable to the present scope.</summary>
    /// <returns>False where the name is taken.</returns>
    public bool TryAdd(PtxVariable variable, string nameInText)
    {
        if (!_scope.TryAddVariable(nameInText))
        {
            return false;
        }

        int offset = variable.Space switch
        {
            PtxSpace.Param => Reserve(ref _frameBytes, variable),
            PtxSpace.Local => Reserve(ref _localBytes, variable),
            _ => 0,
        };
        string unique = _scope.Unique(nameInText);
        _variables.Add(unique, variable with { Name = unique, Offset = offset });
        return true;
    }

    /// <summary>Declares registers in the present scope.</summary>
    /// <returns>False where the name is taken.</returns>
    public bool TryAddRegister(string register, string type) => _scope.TryAddRegister(register, type);

    /// <summary>Declares a range of registers in the present scope.</summary>
    public void AddRegisters(string prefix, int count, string type) => _scope.AddRange(prefix, count, type);

    /// <summary>The register that a name means here; null where it means none.</summary>
    public PtxRegister? FindRegister(string register) => _scope.FindRegister(register, _registers);

    /// <summary>The unique name of the variable that a name means here; null where it means none.</summary>
    public string? FindVariable(string variable) => _scope.FindVariable(variable);

    /// <summary>Puts a label before the next instruction.</summary>
    /// <returns>False where the name is taken.</returns>
    public bool TryAddLabel(string label) => _labels.TryAdd(_scope.Unique(label), _instructions.Count);

    /// <summary>Gives a label a table of branch targets, which <see cref="AddBranch"/> completes.</summary>
    public void AddTable(string label, PtxOperand[] targets) => _tables[_scope.Unique(label)] = targets;

    /// <summary>Remembers an operand that names a label or a table, which may be declared later.</summary>
    public void AddBranch(PtxOperand[] operands, int index, bool isTable, PtxToken token)
        => _branches.Add((operands, index, isTable, _scope, token));

    /// <summary>Forbids to unroll the loop that begins with the next instruction.</summary>
    public void KeepLoop() => _keptLoops.Add(_instructions.Count);

    /// <summary>Adds an instruction.</summary>
    public void Add(PtxInstruction instruction) => _instructions.Add(instruction);

    /// <summary>Resolves branches to labels.</summary>
    /// <returns>A branch whose label is nowhere; null where all are found.</returns>
    public PtxToken? ResolveBranches()
    {
        foreach ((PtxOperand[] operands, int index, bool isTable, PtxScope scope, PtxToken token) in _branches)
        {
            string? label = FindLabel(scope, token.Text);
            if (label is null || _tables.ContainsKey(label) != isTable)
            {
                return token;
            }

            operands[index] = new PtxOperand { Kind = PtxOperandKind.Label, Name = label };
        }

        return null;
    }

    /// <summary>The finished function.</summary>
    public PtxFunction ToFunction()
    {
        var tables = new Dictionary<string, int[]>(StringComparer.Ordinal);
        foreach ((string table, PtxOperand[] targets) in _tables)
        {
            tables.Add(table, Array.ConvertAll(targets, target => _labels[target.Name]));
            _labels.Remove(table);
        }

        return new PtxFunction
        {
            Name = name,
            IsEntry = isEntry,
            Parameters = [.. _parameters],
            Returns = [.. _returns],
            ParameterBytes = _parameterBytes,
            FrameBytes = _frameBytes,
            LocalBytes = _localBytes,
            Variables = _variables,
            Registers = _registers,
            Instructions = [.. _instructions],
            Labels = _labels,
            BranchTables = tables,
            Directives = directives,
            KeptLoops = _keptLoops,
        };
    }

    private static int Reserve(ref int end, PtxVariable variable)
    {
        int offset = (end + variable.Alignment - 1) & -variable.Alignment;
        end = offset + variable.Bytes;
        return offset;
    }

    private string? FindLabel(PtxScope scope, string label)
    {
        for (PtxScope? current = scope; current is not null; current = current.Parent)
        {
            string unique = current.Unique(label);
            if (_labels.ContainsKey(unique))
            {
                return unique;
            }
        }

        return null;
    }
}
