using System;
using System.Collections.Generic;
using System.Runtime.InteropServices;
using Winnow.Simulator.Execution.Decoding;
using Winnow.Simulator.Execution.Memory;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution;

/// <summary>A module with its variables in device memory.</summary>
internal sealed unsafe class LoadedModule
{
    private readonly Dictionary<string, Allocation> _variables = new(StringComparer.Ordinal);
    private readonly Dictionary<string, KernelProgram> _programs = new(StringComparer.Ordinal);
    private readonly GlobalMemory _memory;

    /// <param name="source">The parsed module.</param>
    /// <param name="memory">Device memory.</param>
    /// <exception cref="OutOfDeviceMemoryException">The variables do not fit.</exception>
    public LoadedModule(PtxModule source, GlobalMemory memory)
    {
        (Source, _memory) = (source, memory);
        foreach (PtxVariable variable in source.Variables.Values)
        {
            if (variable is { Space: PtxSpace.Global or PtxSpace.Const, Bytes: > 0 })
            {
                _variables.Add(variable.Name, Allocate(variable));
            }
        }

        foreach (PtxVariable variable in source.Variables.Values)
        {
            Relocate(variable);
        }
    }

    /// <summary>The parsed module.</summary>
    public PtxModule Source { get; }

    /// <summary>What messages call it.</summary>
    public string Name => Source.Name;

    /// <summary>The generic address of a variable in global or constant memory.</summary>
    /// <exception cref="ArgumentException">It has none.</exception>
    public long AddressOf(PtxVariable variable) => _variables.TryGetValue(variable.Name, out Allocation? allocation)
        ? (long)allocation.Base
        : throw new ArgumentException($"{variable.Name} has no memory in this module");

    /// <summary>A kernel, decoded when it is first asked for; null where there is none of that name.</summary>
    /// <exception cref="PtxParseException">It uses what the simulator does not know.</exception>
    public KernelProgram? FindKernel(string name)
    {
        if (!_programs.TryGetValue(name, out KernelProgram? program))
        {
            if (!Source.Functions.TryGetValue(name, out PtxFunction? kernel) || !kernel.IsEntry)
            {
                return null;
            }

            program = ProgramDecoder.Decode(this, kernel);
            _programs.Add(name, program);
        }

        return program;
    }

    /// <summary>Gives its memory back.</summary>
    public void Unload()
    {
        foreach (Allocation allocation in _variables.Values)
        {
            _memory.Free(allocation.Base);
        }

        _variables.Clear();
        _programs.Clear();
    }

    private Allocation Allocate(PtxVariable variable)
    {
        Allocation allocation = _memory.Allocate(variable.Bytes, $"the variable {variable.Name}", variable.Space == PtxSpace.Const)
            ?? throw new OutOfDeviceMemoryException(variable.Bytes, _memory.FreeBytes, "Free memory before the module is loaded.");
        Span<byte> bytes = new((void*)allocation.Base, variable.Bytes);
        bytes.Clear();
        variable.Initial?.CopyTo(bytes);
        allocation.IsWritten = true;
        return allocation;
    }

    private void Relocate(PtxVariable variable)
    {
        foreach (PtxRelocation relocation in variable.Relocations)
        {
            if (!Source.Variables.TryGetValue(relocation.Symbol, out PtxVariable? target))
            {
                continue;
            }

            ulong window = relocation.IsGeneric ? AddressSpaces.WindowOf(target.Space) : 0;
            ulong address = ((target.Space == PtxSpace.Shared ? 0 : (ulong)AddressOf(target)) + window + (ulong)relocation.Addend) >> relocation.Shift;
            Span<byte> bytes = new((void*)(_variables[variable.Name].Base + (ulong)relocation.Offset), relocation.Bytes);
            MemoryMarshal.AsBytes(new ReadOnlySpan<ulong>(in address))[..relocation.Bytes].CopyTo(bytes);
        }
    }
}
