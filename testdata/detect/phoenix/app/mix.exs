defmodule Chat.MixProject do
  defp deps do
    [
      {:phoenix, "~> 1.7.12"},
      {:ecto_sql, "~> 3.10"},
      {:postgrex, ">= 0.0.0"}
    ]
  end
end
