using System.Collections.Generic;
using Winnow.Gpu;

namespace Winnow.Simulator.Execution;

/// <summary>Things that callers know by a number.</summary>
/// <param name="kind">What messages call them.</param>
internal sealed class Handles<T>(string kind)
    where T : class
{
    private readonly Dictionary<nint, T> _values = [];
    private nint _last;

    /// <summary>What a number means.</summary>
    /// <exception cref="CudaException">Nothing.</exception>
    public T this[nint handle] => _values.TryGetValue(handle, out T? value) ? value : throw Unknown(handle);

    /// <summary>Gives something a number.</summary>
    public nint Add(T value)
    {
        _values.Add(++_last, value);
        return _last;
    }

    /// <summary>Takes something out.</summary>
    /// <exception cref="CudaException">The number means nothing.</exception>
    public T Remove(nint handle) => _values.Remove(handle, out T? value) ? value : throw Unknown(handle);

    private CudaException Unknown(nint handle)
        => new(400, "CUDA_ERROR_INVALID_HANDLE", kind, $"There is no {kind} {handle}; was it destroyed?");
}
