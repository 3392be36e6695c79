using System;
using System.Buffers;
using System.Text;
using System.Text.Json;
using Winnow.Cache.Policies;
using Winnow.Engine;
using Winnow.Gpu;
using Winnow.Kernels;

namespace Winnow.Native;

/// <summary>Facts as JSON, one object each, so that they can grow.</summary>
internal static class Descriptions
{
    public static string Engine(WinnowEngine engine) => Json(json =>
    {
        json.WriteString("model", engine.ModelName);
        json.WriteString("architecture", engine.Config.Architecture);
        json.WriteNumber("context_tokens", engine.ContextTokens);
        json.WriteNumber("vocabulary", engine.Config.Vocab);
        json.WriteNumber("hidden", engine.Config.Hidden);
        json.WriteNumber("layers", engine.Config.Layers);
        json.WriteBoolean("has_chat_template", engine.ChatTemplate is not null);
    });

    public static string Statistics(EngineStatistics statistics) => Json(json =>
    {
        json.WriteNumber("total_pages", statistics.TotalPages);
        json.WriteNumber("free_pages", statistics.FreePages);
        json.WriteNumber("running_requests", statistics.RunningRequests);
        json.WriteNumber("waiting_requests", statistics.WaitingRequests);
        json.WriteNumber("open_sessions", statistics.OpenSessions);
        json.WriteNumber("steps", statistics.Steps);
        json.WriteNumber("computed_tokens", statistics.ComputedTokens);
        json.WriteNumber("preemptions", statistics.Preemptions);
        json.WriteNumber("eviction_seconds", statistics.EvictionTime.TotalSeconds);
        json.WriteNumber("weight_bytes", statistics.WeightBytes);
        json.WriteNumber("kv_cache_bytes", statistics.KvCacheBytes);
    });

    public static string Devices() => Json(json =>
    {
        GpuProbe cuda = CudaDriver.Probe();
        GpuProbe nvrtc = KernelCompiler.Probe();
        using CpuDevice cpu = new();
        json.WriteStartArray("devices");
        WriteDevice(json, "cpu", cpu.Name, cpu.FreeBytes);
        for (int ordinal = 0; ordinal < cuda.Devices.Count; ordinal++)
        {
            WriteDevice(json, $"cuda:{ordinal}", cuda.Devices[ordinal].Name, cuda.Devices[ordinal].TotalBytes);
        }

        if (nvrtc.IsUsable)
        {
            WriteDevice(json, "simulator", "PTX simulator", cpu.FreeBytes);
        }

        json.WriteEndArray();
        json.WriteString("cuda_problem", cuda.Problem);
        json.WriteString("nvrtc_problem", nvrtc.Problem);
    });

    public static string Policies() => Json(json =>
    {
        json.WriteStartArray("policies");
        foreach (KvPolicyInfo policy in KvPolicies.All)
        {
            json.WriteStartObject();
            json.WriteString("name", policy.Name);
            json.WriteString("summary", policy.Summary);
            json.WriteString("source", policy.Source);
            json.WriteBoolean("reads_sparsely", policy.ReadsSparsely);
            json.WriteStartArray("options");
            foreach (KvPolicyOption option in policy.Options)
            {
                json.WriteStartObject();
                json.WriteString("name", option.Name);
                json.WriteString("default", option.Default);
                json.WriteString("description", option.Description);
                json.WriteEndObject();
            }

            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static void WriteDevice(Utf8JsonWriter json, string device, string name, long bytes)
    {
        json.WriteStartObject();
        json.WriteString("device", device);
        json.WriteString("name", name);
        json.WriteNumber("bytes", bytes);
        json.WriteEndObject();
    }

    private static string Json(Action<Utf8JsonWriter> write)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter json = new(buffer))
        {
            json.WriteStartObject();
            write(json);
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
