using System;
using System.Collections.Generic;

namespace Winnow.Simulator.Ptx;

/// <summary>Where the shared variables of a kernel, and of the functions it calls, lie in a block's shared memory.</summary>
internal sealed class SharedLayout
{
    private readonly Dictionary<PtxVariable, int> _offsets = new(ReferenceEqualityComparer.Instance);
    private readonly List<PtxVariable> _dynamic = [];

    private SharedLayout(PtxModule module, PtxFunction kernel)
    {
        Collect(module, kernel, new HashSet<string>(StringComparer.Ordinal));
        DynamicOffset = StaticBytes;
        foreach (PtxVariable variable in _dynamic)
        {
            DynamicOffset = Math.Max(DynamicOffset, Align(StaticBytes, variable.Alignment));
        }

        foreach (PtxVariable variable in _dynamic)
        {
            _offsets[variable] = DynamicOffset;
        }
    }

    /// <summary>Shared memory that the kernel declares itself, bytes.</summary>
    public int StaticBytes { get; private set; }

    /// <summary>Where dynamic shared memory begins: after <see cref="StaticBytes"/>, aligned as its declarations ask.</summary>
    public int DynamicOffset { get; }

    /// <summary>The variables, those without a size included, with their offsets.</summary>
    public IReadOnlyDictionary<PtxVariable, int> Offsets => _offsets;

    /// <summary>Lays out the shared memory of a kernel.</summary>
    /// <param name="module">Its module.</param>
    /// <param name="kernel">The kernel.</param>
    public static SharedLayout Of(PtxModule module, PtxFunction kernel) => new(module, kernel);

    private static int Align(int offset, int alignment) => (offset + alignment - 1) & -alignment;

    private void Collect(PtxModule module, PtxFunction function, HashSet<string> visited)
    {
        if (!visited.Add(function.Name))
        {
            return;
        }

        foreach (PtxInstruction instruction in function.Instructions)
        {
            foreach (PtxOperand operand in instruction.Operands)
            {
                Collect(module, function, operand, visited);
            }
        }
    }

    private void Collect(PtxModule module, PtxFunction function, PtxOperand operand, HashSet<string> visited)
    {
        if (operand.Kind is not (PtxOperandKind.Symbol or PtxOperandKind.Address) || operand.Name.Length == 0 || operand.HasRegisterBase)
        {
            return;
        }

        if (module.FindVariable(function, operand.Name) is { } variable)
        {
            Place(variable);
        }
        else if (module.Functions.TryGetValue(operand.Name, out PtxFunction? callee))
        {
            Collect(module, callee, visited);
        }
    }

    private void Place(PtxVariable variable)
    {
        if (variable.Space != PtxSpace.Shared || _offsets.ContainsKey(variable))
        {
            return;
        }

        int offset = Align(StaticBytes, variable.Alignment);
        _offsets.Add(variable, offset);
        if (variable.IsDynamic)
        {
            _dynamic.Add(variable);
        }
        else
        {
            StaticBytes = offset + variable.Bytes;
        }
    }
}
