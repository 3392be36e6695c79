using System;
using System.Collections.Generic;
using Winnow.Benchmarking.Timing;
using Winnow.Kernels;

namespace Winnow.Benchmarking.Cases;

/// <summary>A case with one or more copies of its operands.</summary>
internal sealed class CaseCopies : IDisposable
{
    private readonly KernelCase _case;
    private readonly ComputeDevice _device;
    private readonly List<CaseWorkspace> _workspaces = [];
    private readonly List<CaseWork> _works = [];

    /// <summary>Makes the first copy.</summary>
    /// <param name="kernelCase">The case.</param>
    /// <param name="device">Where they are.</param>
    public CaseCopies(KernelCase kernelCase, ComputeDevice device)
    {
        (_case, _device) = (kernelCase, device);
        Grow(1);
    }

    /// <summary>The case over its first copy.</summary>
    public CaseWork Work => _works[0];

    /// <summary>Copies.</summary>
    public int Count => _works.Count;

    /// <summary>Bytes of inputs and outputs of one copy.</summary>
    public long Bytes => _workspaces[0].ReadBytes + _workspaces[0].WrittenBytes;

    /// <summary>Makes copies until there are so many.</summary>
    public void Grow(int copies)
    {
        try
        {
            while (_works.Count < copies)
            {
                var workspace = new CaseWorkspace(_device);
                _workspaces.Add(workspace);
                _works.Add(_case.Prepare(workspace));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>What a timer takes.</summary>
    public TimedWork ToTimed() => new((_, copy) => _works[copy].Run(), Work.Restore is { } restore ? _ => restore() : null, Count);

    /// <inheritdoc/>
    public void Dispose()
    {
        _workspaces.ForEach(workspace => workspace.Dispose());
        _workspaces.Clear();
    }
}
