using System;
using System.Text;
using Winnow.Gpu.Native;

namespace Winnow.Gpu;

/// <content>Images, kernels and launches.</content>
public sealed unsafe partial class CudaDriver
{
    private const int LogBytes = 8192;

    /// <inheritdoc/>
    public override GpuModule LoadModule(ReadOnlySpan<byte> image, string name)
    {
        MakeCurrent();
        bool isText = !image.StartsWith("\u007fELF"u8);
        // The driver reads text up to a zero.
        byte[] terminated = isText ? [.. image, 0] : [];
        byte[] log = new byte[LogBytes];
        nint module;
        CudaResult result;
        fixed (byte* pointer = isText ? terminated : image)
        fixed (byte* logPointer = log)
        {
            JitOption* options = stackalloc JitOption[] { JitOption.ErrorLogBuffer, JitOption.ErrorLogBufferSizeBytes };
            void** values = stackalloc void*[] { logPointer, (void*)LogBytes };
            result = Driver.cuModuleLoadDataEx(&module, pointer, 2, options, values);
        }

        if (result != CudaResult.Success)
        {
            string said = Encoding.UTF8.GetString(log).Split('\0')[0].Trim();
            throw CudaResults.Error(result, $"cuModuleLoadDataEx({name})", said);
        }

        _modules.Add(module);
        _names[module] = name;
        return new GpuModule(module);
    }

    /// <inheritdoc/>
    public override void UnloadModule(GpuModule module)
    {
        if (GivesBack(_modules, module.Handle))
        {
            _names.TryRemove(module.Handle, out _);
            using Pushed context = new(this);
            Driver.cuModuleUnload(module.Handle).CheckUnlessLost();
        }
    }

    /// <inheritdoc/>
    public override GpuFunction GetFunction(GpuModule module, string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        MakeCurrent();
        nint function;
        byte[] text = Encoding.UTF8.GetBytes(name + '\0');
        fixed (byte* pointer = text)
        {
            CudaResult result = Driver.cuModuleGetFunction(&function, module.Handle, pointer);
            if (result == CudaResult.NotFound)
            {
                throw CudaResults.Error(result, $"cuModuleGetFunction({name})", MissingKernel(NameOf(module.Handle)));
            }

            result.Check("cuModuleGetFunction");
        }

        _names[function] = name;
        return new GpuFunction(function);
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
        CudaResult result = Driver.cuFuncSetAttribute(function.Handle, FunctionAttribute.MaxDynamicSharedSizeBytes, bytes);
        if (result == CudaResult.InvalidValue)
        {
            throw CudaResults.Error(
                result, $"cuFuncSetAttribute({NameOf(function.Handle)}, {bytes} bytes of shared memory)", SharedBytesHint(Properties));
        }

        result.Check("cuFuncSetAttribute");
    }

    /// <inheritdoc/>
    public override void Launch(GpuFunction function, in LaunchShape shape, ReadOnlySpan<byte> arguments, GpuStream stream)
    {
        MakeCurrent();
        nuint bytes = (nuint)arguments.Length;
        ReadOnlySpan<int> places = _layouts.GetOrAdd(function.Handle, ParameterLayout.Read, arguments.Length) is { } layout ? layout.PlacesIn(arguments.Length) : [];
        void** parameters = stackalloc void*[places.Length];
        CudaResult result;
        fixed (byte* pointer = arguments)
        {
            for (int i = 0; i < places.Length; i++)
            {
                parameters[i] = pointer + places[i];
            }

            // CU_LAUNCH_PARAM_BUFFER_POINTER, CU_LAUNCH_PARAM_BUFFER_SIZE, CU_LAUNCH_PARAM_END
            void** extra = stackalloc void*[] { (void*)1, pointer, (void*)2, &bytes, (void*)0 };
            result = Driver.cuLaunchKernel(
                function.Handle,
                (uint)shape.GridX,
                (uint)shape.GridY,
                (uint)shape.GridZ,
                (uint)shape.BlockX,
                (uint)shape.BlockY,
                (uint)shape.BlockZ,
                (uint)shape.SharedBytes,
                stream.Handle,
                places.IsEmpty ? null : parameters,
                bytes == 0 || !places.IsEmpty ? null : extra);
        }

        if (result != CudaResult.Success)
        {
            throw CudaResults.Error(result, LaunchText(NameOf(function.Handle), shape, arguments.Length));
        }
    }

    /// <summary>A launch, for messages.</summary>
    internal static string LaunchText(string kernel, LaunchShape shape, int argumentBytes) =>
        $"cuLaunchKernel({kernel}, grid {shape.GridX} x {shape.GridY} x {shape.GridZ}, "
        + $"block {shape.BlockX} x {shape.BlockY} x {shape.BlockZ}, {shape.SharedBytes} shared bytes, {argumentBytes} argument bytes)";

    /// <summary>What is said where an image lacks a kernel.</summary>
    internal static string MissingKernel(string image) => $"{image} has no such kernel; it must be declared extern \"C\" __global__.";

    /// <summary>How much shared memory a block can have.</summary>
    internal static string SharedBytesHint(GpuProperties properties) =>
        $"A block of {properties.Name} can have {properties.MaxSharedBytesPerBlock}, less what the kernel declares itself.";

    private static int Attribute(GpuFunction function, FunctionAttribute attribute)
    {
        int value;
        Driver.cuFuncGetAttribute(&value, attribute, function.Handle).Check();
        return value;
    }
}
