using System;
using ManagedCuda.BasicTypes;
using Winnow.Gpu;
using Winnow.Gpu.Native;
using static ManagedCuda.DriverAPINativeMethods;

namespace Winnow.ManagedCuda;

/// <content>Images, kernels and launches.</content>
public sealed unsafe partial class ManagedCudaDriver
{
    // Kept, because ManagedCuda takes launch options in an array and a launch allocates nothing. One thread at a time launches.
    private readonly nint[] _launchOptions = new nint[5];
    private nint[] _parameters = [];

    /// <inheritdoc/>
    public override GpuModule LoadModule(ReadOnlySpan<byte> image, string name)
    {
        MakeCurrent();
        CUmodule module = default;
        // The driver reads text up to a zero.
        byte[] bytes = image.StartsWith("\u007fELF"u8) ? image.ToArray() : [.. image, 0];
        CUResult result = ModuleManagement.cuModuleLoadData(ref module, bytes);
        if ((CudaResult)result != CudaResult.Success)
        {
            throw ManagedCudaResults.Error(result, $"cuModuleLoadData({name})");
        }

        _modules.Add(module.Pointer);
        _names[module.Pointer] = name;
        return new GpuModule(module.Pointer);
    }

    /// <inheritdoc/>
    public override void UnloadModule(GpuModule module)
    {
        if (GivesBack(_modules, module.Handle))
        {
            _names.TryRemove(module.Handle, out _);
            ModuleManagement.cuModuleUnload(new CUmodule { Pointer = module.Handle }).CheckUnlessLost();
        }
    }

    /// <inheritdoc/>
    public override GpuFunction GetFunction(GpuModule module, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        MakeCurrent();
        CUfunction function = default;
        CUResult result = ModuleManagement.cuModuleGetFunction(ref function, new CUmodule { Pointer = module.Handle }, name);
        if ((CudaResult)result != CudaResult.Success)
        {
            string detail = (CudaResult)result == CudaResult.NotFound ? CudaDriver.MissingKernel(NameOf(module.Handle)) : "";
            throw ManagedCudaResults.Error(result, $"cuModuleGetFunction({name})", detail);
        }

        _names[function.Pointer] = name;
        return new GpuFunction(function.Pointer);
    }

    /// <inheritdoc/>
    public override GpuFunctionAttributes GetAttributes(GpuFunction function)
    {
        MakeCurrent();
        return new GpuFunctionAttributes(
            Attribute(function, FunctionAttribute.RegisterCount),
            Attribute(function, FunctionAttribute.SharedSizeBytes),
            Attribute(function, FunctionAttribute.LocalSizeBytes),
            Attribute(function, FunctionAttribute.MaxThreadsPerBlock));
    }

    /// <inheritdoc/>
    public override void AllowSharedBytes(GpuFunction function, int bytes)
    {
        MakeCurrent();
        CUResult result = FunctionManagement.cuFuncSetAttribute(
            new CUfunction { Pointer = function.Handle }, (CUFunctionAttribute)FunctionAttribute.MaxDynamicSharedSizeBytes, bytes);
        if ((CudaResult)result != CudaResult.Success)
        {
            throw ManagedCudaResults.Error(
                result, $"cuFuncSetAttribute({NameOf(function.Handle)}, {bytes} bytes of shared memory)", CudaDriver.SharedBytesHint(Properties));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: the package launches no clusters.</exception>
    public override void AllowLargeClusters(GpuFunction function) => throw NoClusters(NameOf(function.Handle));

    /// <inheritdoc/>
    /// <exception cref="NotSupportedException">Always: the package launches no clusters.</exception>
    public override int CountResidentClusters(GpuFunction function, in LaunchShape shape) => throw NoClusters(NameOf(function.Handle));

    /// <inheritdoc/>
    public override void EncodeTensorMap(TensorMapShape shape, Span<byte> map) => CudaDriver.Encode(shape, map);

    /// <inheritdoc/>
    public override void Launch(GpuFunction function, in LaunchShape shape, ReadOnlySpan<byte> arguments, GpuStream stream)
    {
        if (shape.HasAttributes)
        {
            throw NoClusters(CudaDriver.LaunchText(NameOf(function.Handle), shape, arguments.Length));
        }

        MakeCurrent();
        nuint bytes = (nuint)arguments.Length;
        ReadOnlySpan<int> places = _layouts.GetOrAdd(function.Handle, ParameterLayout.Read, arguments.Length) is { } layout ? layout.PlacesIn(arguments.Length) : [];
        if (_parameters.Length != places.Length)
        {
            _parameters = new nint[places.Length];
        }

        CUResult result;
        fixed (byte* pointer = arguments)
        {
            for (int i = 0; i < places.Length; i++)
            {
                _parameters[i] = (nint)(pointer + places[i]);
            }

            // CU_LAUNCH_PARAM_BUFFER_POINTER, CU_LAUNCH_PARAM_BUFFER_SIZE, CU_LAUNCH_PARAM_END
            (_launchOptions[0], _launchOptions[1], _launchOptions[2], _launchOptions[3], _launchOptions[4]) = (1, (nint)pointer, 2, (nint)(&bytes), 0);
            bool isPacked = bytes > 0 && places.IsEmpty;
            result = DriverApiLaunch(function, shape, stream, places.IsEmpty ? null : _parameters, isPacked ? _launchOptions : null);
        }

        if ((CudaResult)result != CudaResult.Success)
        {
            throw ManagedCudaResults.Error(result, CudaDriver.LaunchText(NameOf(function.Handle), shape, arguments.Length));
        }
    }

    private static NotSupportedException NoClusters(string asked) => new($"{asked}: clusters and dependent launches need {nameof(CudaDriver)}.");

    private static CUResult DriverApiLaunch(GpuFunction function, in LaunchShape shape, GpuStream stream, nint[]? parameters, nint[]? options) =>
        global::ManagedCuda.DriverAPINativeMethods.Launch.cuLaunchKernel(
            new CUfunction { Pointer = function.Handle },
            (uint)shape.GridX,
            (uint)shape.GridY,
            (uint)shape.GridZ,
            (uint)shape.BlockX,
            (uint)shape.BlockY,
            (uint)shape.BlockZ,
            (uint)shape.SharedBytes,
            On(stream),
            parameters,
            options);

    private static int Attribute(GpuFunction function, FunctionAttribute attribute)
    {
        int value = 0;
        FunctionManagement.cuFuncGetAttribute(ref value, (CUFunctionAttribute)attribute, new CUfunction { Pointer = function.Handle }).Check();
        return value;
    }
}
