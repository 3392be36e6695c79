using System;
using System.Collections.Generic;
using System.Linq;
using Winnow.Simulator.Ptx;

namespace Winnow.Simulator.Execution.Decoding;

/// <summary>Decodes a kernel and all that it calls.</summary>
/// <param name="module">Its module.</param>
/// <param name="shared">Where its shared variables lie.</param>
internal sealed class ProgramDecoder(LoadedModule module, SharedLayout shared)
{
    /// <summary>What recursion may take of local memory for each thread, bytes.</summary>
    private const int RecursionBytes = 16 * 1024;

    private readonly Dictionary<string, FunctionCode> _functions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> _calls = new(StringComparer.Ordinal);
    private readonly Queue<FunctionCode> _open = new();

    /// <summary>The module.</summary>
    public LoadedModule Module => module;

    /// <summary>Where shared variables lie.</summary>
    public SharedLayout Shared => shared;

    /// <summary>Decodes a kernel.</summary>
    /// <param name="module">Its module.</param>
    /// <param name="kernel">The kernel.</param>
    /// <exception cref="PtxParseException">It uses what the simulator does not know.</exception>
    public static KernelProgram Decode(LoadedModule module, PtxFunction kernel)
    {
        var shared = SharedLayout.Of(module.Source, kernel);
        ProgramDecoder decoder = new(module, shared);
        FunctionCode code = decoder.Add(kernel);
        while (decoder._open.TryDequeue(out FunctionCode? next))
        {
            new FunctionDecoder(decoder, next).Decode();
        }

        return new KernelProgram
        {
            Module = module,
            Kernel = code,
            Shared = shared,
            LocalBytes = decoder.LocalBytesOf(kernel.Name, []),
            HasGridControl = decoder.Has(static instruction => instruction.Opcode == "griddepcontrol"),
            LetsBlocksMeet = decoder.Has(IsGlobalAtomic) && !decoder.Has(IsFencedAccess),
        };
    }

    /// <summary>The code of a function that is called, which may be decoded later.</summary>
    public FunctionCode CodeOf(string caller, string callee)
    {
        _calls[caller].Add(callee);
        return _functions.TryGetValue(callee, out FunctionCode? code) ? code : Add(module.Source.Functions[callee]);
    }

    private static bool IsGlobalAtomic(PtxInstruction instruction) => instruction.Opcode is "atom" or "red"
        && !Array.Exists(instruction.Modifiers, static modifier => modifier.StartsWith("shared", StringComparison.Ordinal));

    private static bool IsFencedAccess(PtxInstruction instruction) => instruction.Opcode is "atom" or "red" or "ld" or "st"
        && (instruction.Has("acquire") || instruction.Has("release") || instruction.Has("acq_rel"));

    private bool Has(Predicate<PtxInstruction> instruction) => _functions.Values.Any(function => Array.Exists(function.Function.Instructions, instruction));

    private FunctionCode Add(PtxFunction function)
    {
        FunctionCode code = new(function);
        _functions.Add(function.Name, code);
        _calls.Add(function.Name, new HashSet<string>(StringComparer.Ordinal));
        _open.Enqueue(code);
        return code;
    }

    private int LocalBytesOf(string function, HashSet<string> around)
    {
        if (!around.Add(function))
        {
            return RecursionBytes;
        }

        int most = 0;
        foreach (string callee in _calls[function])
        {
            most = Math.Max(most, LocalBytesOf(callee, around));
        }

        around.Remove(function);
        return _functions[function].LocalBytes + most;
    }
}
